// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import CallNotification
import Logging
import Systemd

/// Notices: tells the user how calls ended, and what failed.
///
/// The notice of a call that was dropped, or could not be launched, stays until the user has seen it, and has a button
/// to call again. It is saved for the next daemon. All other notices are transient.
@EventLoopActor
final class NoticePresenter {
  /// Whether normal ends are told, too.
  var tellsWantedEnds = false

  typealias CallAgain = @EventLoopActor (LaunchSpec, _ insteadOf: String) async throws(CallRefusal) -> Void

  private let store: NoticeStore
  private let channelStore: ChannelStore
  private let callAgain: CallAgain
  private let phrases: Phrases
  private let logger: Logger
  private let lines: LimitedLog
  private var server: (NotificationServer, owner: String, ServerTraits)?
  private var entries: [String: Entry] = [:]
  /// The owners of the notices that are being posted.
  private var beingShown: [Sandbox?] = []

  private struct Entry {
    var record: NoticeRecord
    let posting: Posting
  }

  /// Continues with the notices of an earlier daemon.
  init(
    store: NoticeStore, channels: ChannelStore, phrases: Phrases, logger: Logger, callAgain: @escaping CallAgain
  ) {
    self.store = store
    channelStore = channels
    self.callAgain = callAgain
    self.phrases = phrases
    self.logger = logger
    lines = LimitedLog(logger, about: "notices")
    for record in store.load() { add(record) }
  }

  var isEmpty: Bool { entries.isEmpty }

  // MARK: What is told

  /// Called once for each session that has ended.
  func tellEnd(of session: Session) {
    guard let end = session.life.end, session.record.endIsTold != true else { return }
    let ending = CallEnding(end)
    let duration = session.life.hasJoined ? session.record.duration(now: SystemClock.boottime.now) / 1_000_000 : nil
    let record = NoticeRecord(
      session: session.id.description, spec: session.spec, ending: ending, reason: end.reason, duration: duration,
      endedAt: SystemClock.realtime.now)
    if ending != .ended {
      store.save(record)
      add(record)
    } else if tellsWantedEnds {
      show(notice(record), of: record.spec)
    }
    session.noteEndIsTold()
  }

  func tellCannotReturn(to session: Session, _ problem: String) {
    show(Notice(call(session), .cannotReturn(problem: problem)), of: session.spec)
  }

  func tellCannotTransfer(_ session: Session, _ problem: String) {
    show(Notice(call(session), .cannotTransfer(problem: problem)), of: session.spec)
  }

  private func call(_ session: Session) -> Notice.Call {
    Notice.Call(session.id.description, session.spec, channelStore.channels)
  }

  /// Posts a transient notice, and forgets it.
  private func show(_ notice: Notice, of spec: LaunchSpec) {
    let owner = spec.sandbox
    guard let (server, _, traits) = server, Limit.notices.limit(for: owner, among: beingShown) == nil else {
      return lines.log(.info, "\(notice.call.id): no notification server can show a notice")
    }
    beingShown.append(owner)
    server.post(notice.content(for: traits, phrases), replacing: 0, isProvisional: false) { [self] result in
      if case .failure(let error) = result {
        lines.log(.warning, "\(notice.call.id): cannot show a notice: \(error.shown)")
      }
      if let place = beingShown.firstIndex(of: owner) { beingShown.remove(at: place) }
    }
  }

  // MARK: What stays until it was seen

  private func add(_ record: NoticeRecord) {
    let session = record.session
    let posting = Posting(left: record.posted) { [lines] in
      lines.log(.warning, "\(session): \($0)")
    } remember: { [weak self] in
      self?.note($0, of: session)
    }
    entries[session] = Entry(record: record, posting: posting)
    if let (server, owner, traits) = server {
      posting.handle(.want(notice(record).content(for: traits, phrases)))
      posting.serverAppeared(server, owner, traits)
    }
    // The newest of each owner stay, so nobody displaces another's.
    let all = entries.values.map(\.record).sorted { $0.endedAt < $1.endedAt }
    for place in Limit.notices.surplus(among: all.map(\.spec.sandbox)) { withdraw(all[place].session) }
  }

  private func note(_ posted: PostedNotification?, of session: String) {
    guard let entry = entries[session], entry.record.posted != posted else { return }
    entries[session]?.record.posted = posted
    store.save(entries[session]?.record ?? entry.record)
  }

  private func withdraw(_ session: String) {
    let entry = entries.removeValue(forKey: session)
    store.remove(session)
    entry?.posting.withdraw()
  }

  /// Without a daemon, nobody would answer their buttons.
  func withdrawAll() { for session in entries.keys { withdraw(session) } }

  private func notice(_ record: NoticeRecord) -> Notice {
    Notice(
      Notice.Call(record.session, record.spec, channelStore.channels),
      .end(record.ending, record.reason, seconds: record.duration, command: record.spec.commandToCallAgain))
  }

  // MARK: The server

  func serverAppeared(_ server: NotificationServer, _ owner: String, _ traits: ServerTraits) {
    self.server = (server, owner, traits)
    for entry in entries.values {
      entry.posting.handle(.want(notice(entry.record).content(for: traits, phrases)))
      entry.posting.serverAppeared(server, owner, traits)
    }
  }

  func serverVanished() {
    // The server is gone and will not answer.
    (server, beingShown) = (nil, [])
    for entry in entries.values { entry.posting.serverVanished() }
  }

  /// The user has seen it, or the server says so.
  func closed(_ id: UInt32) {
    for (session, entry) in entries where entry.posting.life.id == id {
      entry.posting.handle(.closed(id))
      withdraw(session)
    }
  }

  /// - Returns: whether it was the button of a notice.
  func acted(_ id: UInt32, _ key: ActionKey) -> Bool {
    guard case .callAgain(let session) = key, let entry = entries[session],
      entry.posting.life.owns(id, isNamed: true)
    else { return false }
    logger.notice("\(session): calling again", metadata: [JournalField.session: "\(session)"])
    withdraw(session)
    let spec = entry.record.spec
    EventLoopActor.task { [self] in
      do throws(CallRefusal) { try await callAgain(spec, session) } catch {
        logger.error("\(session): cannot call again: \(error.message)")
        let call = Notice.Call(session, spec, channelStore.channels)
        show(Notice(call, .cannotCallAgain(problem: error.message)), of: spec)
      }
    }
    return true
  }
}

extension Notice.Call {
  init(_ session: String, _ spec: LaunchSpec, _ channels: NotificationChannels) {
    let channel = channels.inForce(spec.notification?.channel ?? spec.channel)
    let visibility = spec.notification?.visibility ?? channel.lockscreenVisibility
    self.init(id: session, title: spec.notification?.title ?? spec.title, visibility: visibility)
  }
}

extension LaunchSpec {
  /// The command with which a person calls again; nil if it is too long.
  var commandToCallAgain: String? {
    let words = [ToolName.control, "launch"] + (uri.map { [$0] } ?? ["--"] + (command ?? []))
    let line = words.map(Self.quoted).joined(separator: " ")
    return line.utf8.count <= Limit.shownCommandBytes ? line : nil
  }

  /// Quotes a word for a shell.
  private static func quoted(_ word: String) -> String {
    let plain = word.utf8.allSatisfy {
      (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || "-._/:@%+=,".utf8.contains($0)
    }
    if plain, !word.isEmpty { return word }
    let parts = word.split(separator: "'", omittingEmptySubsequences: false)
    return "'" + parts.joined(separator: #"'\''"#) + "'"
  }
}

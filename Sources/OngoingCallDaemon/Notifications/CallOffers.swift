// SPDX-License-Identifier: Apache-2.0
import CallModel
import CallNotification
import Logging
import Systemd

/// Asks the user about calls that links and applications suggest: each is a notification with two buttons, for a minute.
/// Only a press of the one places the call, and exactly the one that was shown.
@EventLoopActor
final class CallOffers {
  typealias Launch = @EventLoopActor (CallOffer) async throws(CallRefusal) -> Session
  typealias Finish = @EventLoopActor (CallOffer.Answer) -> Void

  private let phrases: Phrases
  private let lines: LimitedLog
  private let limits: Limits
  private var server: (server: NotificationServer, traits: ServerTraits)?
  /// One that does not answer asks nobody.
  var serverAnswers = true
  /// By the ids in the keys of their buttons.
  private var entries: [String: Entry] = [:]
  private var ofUser: TokenBucket
  private var ofSandboxes: TokenBucket

  /// How long things may take.
  struct Limits {
    var answer = Wait.callOffer
    var server = Wait.offerServer
  }

  private final class Entry {
    let id = SessionID().description
    let offer: CallOffer
    let launch: Launch
    var waiters: [Finish]
    /// On the server; 0 is that it has not said it yet.
    var notification: UInt32 = 0
    var isPosted = false
    var timers: [EventSource] = []

    init(_ offer: CallOffer, _ launch: @escaping Launch, _ waiter: @escaping Finish) {
      (self.offer, self.launch, waiters) = (offer, launch, [waiter])
    }
  }

  init(_ phrases: Phrases, limits: Limits = Limits(), logger: Logger) {
    (self.phrases, self.limits) = (phrases, limits)
    lines = LimitedLog(logger, about: "suggested calls")
    ofUser = TokenBucket(Limit.offersAtOnce, every: Wait.oneMoreOffer)
    ofSandboxes = ofUser
  }

  // MARK: Asking

  /// Asks once about the same call, however many suggest it.
  ///
  /// - Parameters:
  ///   - launch: places the call.
  ///   - then: is told what the user says; not at all where this daemon ends before that.
  func ask(_ offer: CallOffer, launch: @escaping Launch, then: @escaping Finish) throws(CallRefusal) {
    if let entry = entries.values.first(where: { $0.offer == offer }) {
      guard entry.waiters.count < Limit.offerWaiters else {
        throw .limitReached("\(Limit.offerWaiters) callers already wait for the user's answer about this call")
      }
      entry.waiters.append(then)
      return
    }
    if server != nil, !canAsk { throw Self.nobodyAsks }
    guard Limit.callOffers.limit(for: offer.sandbox, among: entries.values.map(\.offer.sandbox)) == nil, take(offer)
    else { throw .limitReached("the user is asked about other calls; try again when they are answered") }
    let entry = Entry(offer, launch, then)
    do {
      entry.timers = try [
        EventSource.timer(after: limits.answer) { [weak self] in self?.finish(entry, .timedOut) },
        EventSource.timer(after: limits.server) { [weak self] in
          if !entry.isPosted { self?.finish(entry, .failed(Self.nobodyAsks)) }
        },
      ]
    } catch { throw .engineFailed("\(error)") }
    entries[entry.id] = entry
    post(entry)
  }

  private static let nobodyAsks = CallRefusal.notSupported(
    "there is no notification server with buttons, which could ask you whether to call")

  private var canAsk: Bool { serverAnswers && server?.traits.showsActions == true }

  private func take(_ offer: CallOffer) -> Bool { offer.sandbox == nil ? ofUser.take() : ofSandboxes.take() }

  private func post(_ entry: Entry) {
    guard let (server, traits) = server else { return }
    guard canAsk else { return finish(entry, .failed(Self.nobodyAsks)) }
    entry.isPosted = true
    let content = notice(entry).content(for: traits, phrases)
    server.post(content, replacing: 0, isProvisional: false) { [weak self, weak server] result in
      switch result {
      case .success(let id):
        entry.notification = id
        // It was answered, or given up, before.
        if self?.entries[entry.id] == nil { server?.close(id) }
      case .failure(let error):
        self?.finish(entry, .failed(.notSupported("you cannot be asked whether to call: \(error.shown)")))
      }
    }
  }

  private func notice(_ entry: Entry) -> Notice {
    let (spec, callee) = (entry.offer.spec, entry.offer.callee)
    let uri = spec.uri ?? ""
    let call = Notice.Call(id: entry.id, title: uri == callee ? uri : "\(callee) (\(uri))")
    return Notice(
      call,
      .offer(
        account: spec.accountSettings?.identity, application: entry.offer.sandbox?.application,
        milliseconds: Int32(clamping: limits.answer.microseconds / 1000)))
  }

  // MARK: Answers

  /// - Returns: whether it was a button of a question.
  func acted(_ id: UInt32, _ key: ActionKey) -> Bool {
    let (name, isWanted): (String, Bool)
    switch key {
    case .call(let offer): (name, isWanted) = (offer, true)
    case .doNotCall(let offer): (name, isWanted) = (offer, false)
    default: return false
    }
    guard let entry = entries[name], entry.notification == 0 || entry.notification == id else { return false }
    guard isWanted else {
      finish(entry, .declined)
      return true
    }
    withdraw(entry)
    EventLoopActor.task { [self] in
      let answer: CallOffer.Answer
      do throws(CallRefusal) { answer = .called(try await entry.launch(entry.offer)) } catch {
        answer = .failed(error)
        tell(entry, error)
      }
      for waiter in entry.waiters { waiter(answer) }
    }
    return true
  }

  private func tell(_ entry: Entry, _ problem: CallRefusal) {
    lines.log(.error, "cannot place a suggested call: \(problem.message)")
    guard let (server, traits) = server else { return }
    let call = Notice.Call(id: entry.id, title: entry.offer.callee)
    server.post(
      Notice(call, .cannotCall(problem: problem.message)).content(for: traits, phrases), replacing: 0,
      isProvisional: false
    ) { _ in }
  }

  /// The user has dismissed it; or a server closes it before it says that a button was pressed.
  func closed(_ id: UInt32) {
    guard let entry = entries.values.first(where: { $0.notification == id }) else { return }
    entry.timers = []
    if let timer = try? EventSource.timer(
      after: Wait.usedNotification, { [weak self] in self?.finish(entry, .declined) })
    {
      entry.timers = [timer]
    } else {
      finish(entry, .declined)
    }
  }

  private func finish(_ entry: Entry, _ answer: CallOffer.Answer) {
    guard entries[entry.id] != nil else { return }
    withdraw(entry)
    for waiter in entry.waiters { waiter(answer) }
  }

  private func withdraw(_ entry: Entry) {
    entries[entry.id] = nil
    entry.timers = []
    if entry.notification != 0 { server?.server.close(entry.notification) }
  }

  func withdrawAll() { for entry in entries.values { finish(entry, .failed(.stopping)) } }

  // MARK: The server

  func serverAppeared(_ server: NotificationServer, _ traits: ServerTraits) {
    (self.server, serverAnswers) = ((server, traits), true)
    for entry in entries.values where !entry.isPosted { post(entry) }
  }

  /// Its notifications are gone with it.
  func serverVanished() {
    server = nil
    for entry in entries.values where entry.isPosted {
      finish(entry, .failed(.notSupported("the notification server exited before you answered; try again")))
    }
  }
}

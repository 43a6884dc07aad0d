// SPDX-License-Identifier: Apache-2.0
import CallModel
import CallNotification
import Logging
import Systemd

/// The desktop's current notification server (Desktop Notifications Specification 1.3).
///
/// All calls go to the unique name of the server that was found, because notification ids are valid only there. Its
/// signals are passed on in order.
@EventLoopActor
final class NotificationServer {
  enum Event: Sendable, Equatable {
    /// The identity names this server alone, on any bus.
    case appeared(identity: String, ServerTraits)
    case vanished
    /// Whether it answers. A server that has not answered for a while counts as none until it does.
    case answers(Bool)
    /// The token lets the application that is returned to come to the front.
    case acted(id: UInt32, key: String, token: String?)
    case closed(id: UInt32, byUser: Bool)
    /// Whether it holds notifications back; nil if it does not say.
    case quiet(Bool?)
  }

  private static let path = "/org/freedesktop/Notifications"
  private static let interface = "org.freedesktop.Notifications"
  /// How many signals are kept until the server's capabilities are known.
  private static let maximumEarly = 64

  private let bus: Bus
  private let patience: Duration
  private let lines: LimitedLog
  private let handler: @EventLoopActor (Event) -> Void
  private let search: ServerSearch
  private var slot: BusSlot?
  private var hasAppeared = false
  /// How often there was another server, or the same anew.
  private var meeting = 0
  private var early: [Event] = []
  private var token: (id: UInt32, text: String)?
  private var unanswered = 0
  private var silence: EventSource?
  private var isSilent = false
  /// Until it is asked again who it is.
  private var starting: EventSource?
  private var traits = ServerTraits.unknown
  private var quiet: QuietFollower?

  init(
    _ bus: Bus, patience: Duration = Wait.notificationServer, pauses: ServerSearch.Pauses = .init(),
    logger: Logger, _ handler: @escaping @EventLoopActor (Event) -> Void
  ) {
    (self.bus, self.patience) = (bus, patience)
    lines = LimitedLog(
      logger, about: "the notification server", atMost: Limit.serverLines, every: Wait.serverLine)
    self.handler = handler
    final class Box { weak var server: NotificationServer? }
    let box = Box()
    search = ServerSearch(bus, pauses: pauses, logger: logger) { box.server?.changed(to: $0) }
    box.server = self
  }

  /// Finds the current server, or has the bus start one if one is installed.
  func start() throws(BusError) {
    slot = try search.service.onSignal(path: Self.path, interface: Self.interface) { [weak self] in self?.heard($0) }
    try search.start()
  }

  /// There is something to show: if there is no server, try again to start one.
  func need() { search.need() }

  // MARK: Which one

  private func changed(to owner: String) {
    (token, early, silence, isSilent, unanswered, starting) = (nil, [], nil, false, 0, nil)
    quiet = nil
    meeting += 1
    if hasAppeared {
      hasAppeared = false
      handler(.vanished)
    }
    if !owner.isEmpty { meet() }
  }

  private func meet(_ tries: Int = 0) {
    call("GetServerInformation", decode: Self.name) { [weak self] name in
      if self?.meetsLater(name, tries) == true { return }
      self?.call("GetCapabilities", decode: Self.capabilities) {
        if self?.meetsLater($0, tries) != true { self?.met(name, $0) }
      }
    }
  }

  /// Some desktops have the name before they serve anything.
  private func meetsLater<T>(_ answer: Result<T, BusError>, _ tries: Int) -> Bool {
    guard case .failure(let error) = answer, Self.isStarting(error), tries < Limit.questionsToServer else {
      return false
    }
    let wait = min(Wait.longestStartingServer, Wait.startingServer * (1 << min(tries, 8)))
    do { starting = try EventSource.timer(after: wait) { [weak self] in self?.meet(tries + 1) } } catch {
      lines.log(.error, "\(error)")
      return false
    }
    return true
  }

  private static func isStarting(_ error: BusError) -> Bool {
    ["UnknownMethod", "UnknownObject", "UnknownInterface"].contains {
      error.name == "org.freedesktop.DBus.Error.\($0)"
    }
  }

  private static func name(_ reply: borrowing Message) throws(BusError) -> String {
    DisplayText(try reply.readString(), scalars: Limit.serverTextScalars).description
  }

  private static func capabilities(_ reply: borrowing Message) throws(BusError) -> Set<String> {
    let all = try reply.read().asStrings ?? []
    return Set(
      all.prefix(Limit.serverCapabilities).map { DisplayText($0, scalars: Limit.serverTextScalars).description })
  }

  private func met(_ name: Result<String, BusError>, _ capabilities: Result<Set<String>, BusError>) {
    if case .failure(let error) = capabilities {
      lines.log(
        .warning, "the notification server does not describe itself, and gets plain notifications: \(error.shown)")
    }
    traits = ServerTraits(name: (try? name.get()) ?? "", capabilities: (try? capabilities.get()) ?? [])
    lines.log(.info, "the notification server is \(traits.shown)")
    hasAppeared = true
    quiet = traits.quietSource.flatMap { source in
      QuietFollower(source, of: search.service, at: Self.path, on: bus) { [handler] in handler(.quiet($0)) }
    }
    handler(.appeared(identity: "\(search.owner)@\(search.busID)", traits))
    let heard = early
    early = []
    for event in heard { handler(event) }
  }

  // MARK: What it says

  private func heard(_ message: borrowing Message) {
    // There may be another server already, with which the search waits.
    guard message.sender == search.owner, let id = (try? message.read())?.asUInt32, id != 0 else { return }
    switch message.member {
    case "ActivationToken": token = (try? message.readString()).flatMap(ActivationToken.init).map { (id, $0.text) }
    case "ActionInvoked":
      guard let key = try? message.readString(), key.utf8.count <= Limit.actionKeyBytes else { return }
      // The token's signal comes before that of its action.
      let token = token?.id == id ? token?.text : nil
      self.token = nil
      passOn(.acted(id: id, key: key, token: token))
    // 2 is the user. A server that does not say why is believed to do what the user wants.
    case "NotificationClosed": passOn(.closed(id: id, byUser: ![1, 3].contains((try? message.read())?.asUInt32)))
    default: break
    }
  }

  private func passOn(_ event: Event) {
    if hasAppeared { handler(event) } else if early.count < Self.maximumEarly { early.append(event) }
  }

  // MARK: What it is told

  /// `answer` gets the notification's id, unless the server exits before it answers.
  func post(
    _ content: NotificationContent, replacing id: UInt32, isProvisional: Bool,
    answer: @escaping @EventLoopActor (Result<UInt32, BusError>) -> Void
  ) {
    let arguments = content.arguments(for: traits, replacing: id, isProvisional: isProvisional)
    call("Notify", arguments, decode: Self.id, answer: answer)
  }

  private static func id(_ reply: borrowing Message) throws(BusError) -> UInt32 {
    guard let id = try reply.read().asUInt32, id != 0 else {
      throw BusError(BusError.failed, "the notification server returned no number")
    }
    return id
  }

  func close(_ id: UInt32) {
    call("CloseNotification", [.uint32(id)], decode: { _ throws(BusError) in }) { [lines] result in
      // An error means that the notification is already closed.
      if case .failure(let error) = result { lines.log(.debug, "cannot close notification \(id): \(error.shown)") }
    }
  }

  /// Has it hold other applications' notifications back. `answer` gets the number for ``letThrough(_:)``.
  func holdBack(_ reason: String, answer: @escaping @EventLoopActor (Result<UInt32, BusError>) -> Void) {
    let arguments: [BusValue] = [.string(DesktopName.application), .string(reason), .dictionary([:])]
    call("Inhibit", arguments, decode: Self.id, answer: answer)
  }

  func letThrough(_ number: UInt32) {
    call("UnInhibit", [.uint32(number)], decode: { _ throws(BusError) in }) { _ in }
  }

  /// Calls the current server. If it exits, its answer is dropped.
  private func call<T: Sendable>(
    _ member: String, _ arguments: [BusValue] = [], decode: @escaping (borrowing Message) throws(BusError) -> T,
    answer: @escaping @EventLoopActor (Result<T, BusError>) -> Void
  ) {
    let (owner, meeting) = (search.owner, meeting)
    guard !owner.isEmpty, search.service.owner == owner else { return }
    unanswered += 1
    if silence == nil, !isSilent { waitForAnswer() }
    search.service.call(
      path: Self.path, interface: Self.interface, member: member, arguments,
      // Only its own notifications wait for a server that hangs, as long as it is on the bus.
      timeout: nil, decode: decode
    ) { [weak self] result in
      guard let self, meeting == self.meeting else { return }
      answered()
      answer(result)
    }
  }

  private func waitForAnswer() {
    do {
      silence = try EventSource.timer(after: patience) { [weak self] in self?.becomeSilent() }
    } catch { lines.log(.error, "\(error)") }
  }

  private func becomeSilent() {
    (silence, isSilent) = (nil, true)
    lines.log(.warning, "the notification server does not answer; calls have no notification until it does")
    handler(.answers(false))
  }

  private func answered() {
    unanswered -= 1
    silence = nil
    if unanswered > 0 { waitForAnswer() }
    guard isSilent else { return }
    isSilent = false
    lines.log(.notice, "the notification server answers again")
    handler(.answers(true))
  }
}

extension ServerTraits {
  fileprivate var shown: String { "“\(name)” (\(capabilities.sorted().joined(separator: ", ")))" }
}

extension NotificationContent {
  private static let applicationName = "OngoingCall"

  /// The arguments of Notify.
  @EventLoopActor fileprivate func arguments(
    for server: ServerTraits, replacing id: UInt32, isProvisional: Bool
  ) -> [BusValue] {
    // Milliseconds; 0 is never, -1 lets the server choose.
    let timeout: Int32 = lifetime ?? (expires ? -1 : isProvisional ? Wait.provisionalNotificationMilliseconds : 0)
    // An image of whom the call is with is beside the application's icon, not in its place.
    let image = icon == NotificationComposer.defaultIcon ? ApplicationIcon.shown() : icon
    let isBeside = image.hasPrefix("/") && !server.has(.showsImageAsIcon)
    let icon = isBeside ? ApplicationIcon.shown() : image
    let hints = hints(isNew: id == 0).merging(isBeside ? ["image-path": .string(image)] : [:]) { $1 }
    let application = server.has(.limitsApplications) ? "\(Self.applicationName) (\(call))" : Self.applicationName
    return [
      .string(application), .uint32(id), .string(icon), .string(summary), .string(body),
      .strings(actions.flatMap { [$0.key.text, $0.label] }), .dictionary(hints), .int32(timeout),
    ]
  }

  private func hints(isNew: Bool) -> [String: BusValue] {
    var hints: [String: BusValue] = [
      "category": .string(category), "urgency": .byte(urgency), "resident": .bool(isResident),
      "desktop-entry": .string(DesktopName.application), "x-gnome-privacy-scope": .string(privacyScope),
    ]
    if isTransient { hints["transient"] = .bool(true) }
    // Play the sound once: changes of a notification are silent.
    if !playsSound || !isNew { hints["suppress-sound"] = .bool(true) }
    if let tag, isNew {
      // Hints with which dunst and mako replace a notification whose id was lost. If the id is known, they are not
      // needed, and mako 1.7 crashes on both.
      hints["x-dunst-stack-tag"] = .string(tag)
      hints["x-canonical-private-synchronous"] = .string(tag)
    }
    return hints
  }
}

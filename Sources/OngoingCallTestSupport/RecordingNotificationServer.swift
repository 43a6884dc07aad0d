// SPDX-License-Identifier: Apache-2.0
package import CallModel
package import Systemd

/// A notification server on a connection of its own, which writes down what it is told and shows it to nobody. It does
/// what real ones do only now and then: a test tells it how to be slow, to hang, to refuse, to crash.
@EventLoopActor
package final class RecordingNotificationServer {
  /// The arguments of a Notify.
  package struct Notification: Sendable, Equatable {
    package var id: UInt32
    package var application: String
    package var replaced: UInt32
    package var icon: String
    package var summary: String
    package var body: String
    package var actions: [String]
    package var hints: [String: BusValue]
    package var timeout: Int32
    package var sender: String

    /// The action whose key begins so.
    package func key(_ prefix: String) -> String? {
      stride(from: 0, to: actions.count, by: 2).map { actions[$0] }.first { $0.hasPrefix(prefix) }
    }
  }

  package enum Told: Sendable, Equatable {
    case notify(Notification)
    case close(UInt32)
    /// It is to hold others' notifications back, for that reason.
    case inhibit(String)
    case uninhibit(UInt32)
  }

  /// What becomes of a Notify.
  package enum Manner: Sendable {
    case atOnce
    /// Nothing is read until ``goOn()``.
    case hanging
    /// It is shown; the answer comes with ``goOn()``.
    case shownButUnanswered
    case refusing
    /// It is shown, and the server dies before it answers.
    case dying
    /// It is answered, and closed right after, for that reason.
    case closing(UInt32)
  }

  package static let name = "org.freedesktop.Notifications"
  private static let path = "/org/freedesktop/Notifications"
  /// The number by which what it holds back is let through.
  package static let inhibition: UInt32 = 77

  package let told = Mailbox<Told>()
  package private(set) var shown: [UInt32: Notification] = [:]
  package var manner = Manner.atOnce
  /// What it closes once it was used, as most servers do which do not know `resident`.
  package var closesWhatIsUsed = false
  /// As dunst and mako: of one tag there is one.
  package var keepsOnePerTag = false
  /// As it says itself.
  package var ownName = "recorder"
  /// How many questions it does not understand yet, as one that has its name before it serves anything.
  package var unready = 0

  private let capabilities: [String]?
  private var nextID: UInt32
  private var bus: Bus?
  private var slots: [BusSlot] = []
  private var held: [MethodCall] = []
  private var unanswered: [(MethodCall, UInt32)] = []

  /// The server has its name when this returns.
  ///
  /// - Parameter capabilities: nil is a server that does not say.
  package init(
    on bus: PrivateBus, capabilities: [String]? = ["body", "actions"], firstID: UInt32 = 1, name: String = "recorder"
  ) async throws {
    self.capabilities = capabilities
    ownName = name
    nextID = firstID
    let connection = try Bus(address: bus.address, description: "notifications")
    self.bus = connection
    slots = [try connection.serve(Self.path) { [weak self] in self?.answer($0) }]
    try await connection.requestName(Self.name)
  }

  /// Sends, to everybody: what a server says, or pretends to.
  package func signal(_ member: String, _ arguments: [BusValue]) throws {
    try bus?.emit(path: Self.path, interface: Self.name, member: member, arguments)
  }

  /// It is gone from the bus.
  package func crash() {
    // First, so that nobody who waits gets an answer.
    bus = nil
    shown = [:]
    (slots, held, unanswered) = ([], [], [])
  }

  /// The name is free for another server; this one stays on the bus.
  package func releaseName() async throws {
    try await bus?.ask("ReleaseName", [.string(Self.name)]) { _ throws(BusError) in }
  }

  package func takeName() async throws { try await bus?.requestName(Self.name) }

  package func goOn() {
    manner = .atOnce
    for (call, id) in unanswered { call.reply([.uint32(id)]) }
    unanswered = []
    let calls = held
    held = []
    for call in calls { answer(call) }
  }

  // MARK: The user and the time

  /// - Parameter reason: 1 it expired, 2 the user dismissed it, 3 by CloseNotification, 4 is not defined.
  package func close(_ id: UInt32, reason: UInt32 = 2) throws {
    guard shown.removeValue(forKey: id) != nil else { return }
    try signal("NotificationClosed", [.uint32(id), .uint32(reason)])
  }

  package func press(_ key: String, of id: UInt32, token: String? = nil) throws {
    if let token { try signal("ActivationToken", [.uint32(id), .string(token)]) }
    try signal("ActionInvoked", [.uint32(id), .string(key)])
    if closesWhatIsUsed { try close(id) }
  }

  /// The time of those has come that are to go by themselves.
  package func expire() throws {
    for (id, notification) in shown where notification.timeout > 0 { try close(id, reason: 1) }
  }

  // MARK: What it is asked

  private func answer(_ call: MethodCall) {
    if case .hanging = manner { return held.append(call) }
    if unready > 0 {
      unready -= 1
      return call.fail(BusError("org.freedesktop.DBus.Error.UnknownMethod", "not yet"))
    }
    switch call.message.member {
    case "GetServerInformation":
      call.reply([.string(ownName), .string("OngoingCall"), .string("1"), .string("1.2")])
    case "GetCapabilities":
      if let capabilities { call.reply([.strings(capabilities)]) } else { refuse(call) }
    case "Notify": notify(call)
    case "CloseNotification": closeNotification(call)
    case "Inhibit": inhibit(call)
    case "UnInhibit":
      told.put(.uninhibit((try? call.message.read())?.asUInt32 ?? 0))
      call.reply()
    default: refuse(call)
    }
  }

  private func refuse(_ call: MethodCall) {
    call.fail(BusError("org.freedesktop.DBus.Error.Failed", "this server was told to refuse \(call.message.member)"))
  }

  private func notify(_ call: MethodCall) {
    guard var notification = Notification(call.message) else { return refuse(call) }
    if case .refusing = manner {
      told.put(.notify(notification))
      return refuse(call)
    }
    let id = shown[notification.replaced] == nil ? nextID : notification.replaced
    if id == nextID { nextID += 1 }
    notification.id = id
    if keepsOnePerTag, let tag = notification.hints["x-dunst-stack-tag"] {
      for (other, old) in shown where old.hints["x-dunst-stack-tag"] == tag && other != id {
        try? close(other, reason: 1)
      }
    }
    shown[id] = notification
    told.put(.notify(notification))
    answer(call, with: id)
  }

  private func answer(_ call: MethodCall, with id: UInt32) {
    switch manner {
    case .shownButUnanswered: unanswered.append((call, id))
    case .dying: crash()
    case .closing(let reason):
      call.reply([.uint32(id)])
      try? close(id, reason: reason)
    case .atOnce, .hanging, .refusing: call.reply([.uint32(id)])
    }
  }

  private func inhibit(_ call: MethodCall) {
    _ = try? call.message.readString()
    told.put(.inhibit((try? call.message.readString()) ?? ""))
    if case .refusing = manner { return refuse(call) }
    call.reply([.uint32(Self.inhibition)])
  }

  private func closeNotification(_ call: MethodCall) {
    guard let id = (try? call.message.read())?.asUInt32 else { return refuse(call) }
    told.put(.close(id))
    guard shown[id] != nil else { return refuse(call) }
    call.reply()
    try? close(id, reason: 3)
  }
}

extension RecordingNotificationServer.Notification {
  fileprivate init?(_ message: borrowing Message) {
    var arguments: [BusValue] = []
    while let argument = try? message.read() { arguments.append(argument) }
    guard arguments.map(\.signature) == ["s", "u", "s", "s", "s", "as", "a{sv}", "i"] else { return nil }
    id = 0
    application = arguments[0].asString ?? ""
    replaced = arguments[1].asUInt32 ?? 0
    icon = arguments[2].asString ?? ""
    summary = arguments[3].asString ?? ""
    body = arguments[4].asString ?? ""
    actions = arguments[5].asStrings ?? []
    hints = Dictionary(arguments[6].asEntries ?? []) { first, _ in first }
    timeout = arguments[7].asInt32 ?? 0
    sender = message.sender
  }
}

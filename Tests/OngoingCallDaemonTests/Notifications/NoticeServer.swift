// SPDX-License-Identifier: Apache-2.0
import CallModel
import OngoingCallTestSupport
import Systemd

/// A notification server on a real bus that keeps what it is told, and whose user is the test.
@EventLoopActor
final class NoticeServer {
  struct Shown: Sendable, Equatable {
    var id: UInt32
    var summary: String
    var body: String
    /// The keys, without the labels.
    var actions: [String]
    var transient: Bool
  }

  private(set) var shown: [UInt32: Shown] = [:]
  /// All that was posted, and 0 for each that was closed by its sender.
  let posts = Mailbox<Shown>()
  let closed = Mailbox<UInt32>()
  /// It answers no Notify.
  var isHanging = false
  private let bus: Bus
  private let capabilities: [String]
  private var slot: BusSlot?
  private var unanswered: [MethodCall] = []
  private var lastID: UInt32 = 0
  private static let path = "/org/freedesktop/Notifications"
  private static let name = "org.freedesktop.Notifications"

  init(on bus: Bus, capabilities: [String] = ["actions", "body"]) async throws {
    self.bus = bus
    self.capabilities = capabilities
    slot = try bus.serve(Self.path) { [weak self] in self?.answer($0) }
    try await bus.requestName(Self.name)
  }

  private func answer(_ call: MethodCall) {
    var values: [BusValue] = []
    while let value = try? call.message.read() { values.append(value) }
    switch call.message.member {
    case "GetServerInformation": call.reply([.string("test"), .string(""), .string(""), .string("1.2")])
    case "GetCapabilities": call.reply([.strings(capabilities)])
    case "Notify": notify(values, call)
    default:
      let id = values.first?.asUInt32 ?? 0
      shown[id] = nil
      closed.put(id)
      call.reply()
    }
  }

  private func notify(_ values: [BusValue], _ call: MethodCall) {
    if isHanging { return unanswered.append(call) }
    let replaced = values[1].asUInt32 ?? 0
    if replaced == 0 || shown[replaced] == nil { lastID += 1 }
    let id = shown[replaced] == nil ? lastID : replaced
    let actions = (values[5].asStrings ?? []).enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
    let hints = Dictionary(values[6].asEntries ?? []) { $1 }
    let new = Shown(
      id: id, summary: values[3].asString ?? "", body: values[4].asString ?? "", actions: actions,
      transient: hints["transient"] != nil)
    shown[id] = new
    call.reply([.uint32(id)])
    // One that is to expire soon is posted once more, to stay, as soon as its id is known.
    if (values[7].asInt32 ?? 0) <= 0 { posts.put(new) }
  }

  // MARK: The user

  func press(_ key: String, of id: UInt32, token: String? = nil) throws {
    if let token { try emit("ActivationToken", [.uint32(id), .string(token)]) }
    try emit("ActionInvoked", [.uint32(id), .string(key)])
  }

  func dismiss(_ id: UInt32) throws {
    shown[id] = nil
    try emit("NotificationClosed", [.uint32(id), .uint32(2)])
  }

  private func emit(_ member: String, _ arguments: [BusValue]) throws {
    try bus.emit(path: Self.path, interface: Self.name, member: member, arguments)
  }
}

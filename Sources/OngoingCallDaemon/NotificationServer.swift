// SPDX-License-Identifier: Apache-2.0
import CallNotification
import Logging
import OngoingCallNames
import Systemd

/// The desktop's notification server, whichever it is just now (Desktop Notifications Specification 1.3).
///
/// Everything is addressed to the server that was met, by its unique name: ids are its own.
@EventLoopActor
final class NotificationServer {
  enum Event: Sendable, Equatable {
    case appeared(owner: String, ServerTraits)
    case vanished
    /// The token lets the application that is returned to come to the front.
    case acted(id: UInt32, key: String, token: String?)
    case closed(id: UInt32)
  }

  private static let name = "org.freedesktop.Notifications"
  private static let path = "/org/freedesktop/Notifications"
  private static let interface = "org.freedesktop.Notifications"
  private static let bus = "org.freedesktop.DBus"
  /// A server that hangs is waited for as long as it is on the bus, by nobody but its own notification.
  private static let patience = Duration.seconds(30 * 24 * 3600)

  private let connection: Bus
  private let logger: Logger
  private let handler: @EventLoopActor (Event) -> Void
  private var slots: [BusSlot] = []
  private var owner = ""
  private var hasAppeared = false
  private var token: (id: UInt32, text: String)?

  init(_ connection: Bus, logger: Logger, _ handler: @escaping @EventLoopActor (Event) -> Void) {
    self.connection = connection
    self.logger = logger
    self.handler = handler
  }

  /// Meets the server that is there, or else has the bus start one where one is installed.
  func start() throws(BusError) {
    slots = [
      try connection.match(
        "type='signal',sender='\(Self.bus)',interface='\(Self.bus)',member='NameOwnerChanged',arg0='\(Self.name)'"
      ) { [weak self] message in
        guard let owner = Self.newOwner(message) else { return }
        self?.changed(to: owner)
      },
      try connection.match("type='signal',path='\(Self.path)',interface='\(Self.interface)'") { [weak self] in
        self?.heard($0)
      },
    ]
    EventLoopActor.task { [weak self] in await self?.look() }
  }

  private static func newOwner(_ message: borrowing Message) -> String? {
    guard (try? message.readString()) == name, (try? message.readString()) != nil else { return nil }
    return try? message.readString()
  }

  private func look() async {
    do throws(BusError) {
      let owner = try await ask("GetNameOwner") { reply throws(BusError) in try reply.readString() }
      changed(to: owner)
    } catch { await activate() }
  }

  /// Asks the bus to start the server; where none is installed, that is no error.
  private func activate() async {
    do throws(BusError) {
      let code = try await connection.call(
        destination: Self.bus, path: "/org/freedesktop/DBus", interface: Self.bus, member: "StartServiceByName",
        [.string(Self.name), .uint32(0)], timeout: Self.patience
      ) { reply throws(BusError) in try reply.read().asUInt32 }
      logger.debug("a notification server was started (\(code ?? 0))")
    } catch { logger.info("there is no notification server: \(error)") }
  }

  private func ask<T: Sendable>(
    _ member: String, decode: @escaping (borrowing Message) throws(BusError) -> T
  ) async throws(BusError) -> T {
    try await connection.call(
      destination: Self.bus, path: "/org/freedesktop/DBus", interface: Self.bus, member: member,
      [.string(Self.name)], decode: decode)
  }

  // MARK: Which one

  private func changed(to owner: String) {
    guard owner != self.owner else { return }
    self.owner = owner
    token = nil
    if hasAppeared {
      hasAppeared = false
      handler(.vanished)
    }
    guard !owner.isEmpty else { return }
    EventLoopActor.task { [weak self] in await self?.meet(owner) }
  }

  private func meet(_ owner: String) async {
    var traits = ServerTraits(name: "", capabilities: [])
    do throws(BusError) {
      traits.name = try await call("GetServerInformation", to: owner) { reply throws(BusError) in
        try reply.readString()
      }
      traits.capabilities = try await call("GetCapabilities", to: owner) { reply throws(BusError) in
        Set(try reply.read().asStrings ?? [])
      }
    } catch {
      guard owner == self.owner else { return }
      logger.warning("the notification server says nothing of itself, and gets the plainest of notifications: \(error)")
    }
    guard owner == self.owner else { return }
    let capabilities = traits.capabilities.sorted().joined(separator: ", ")
    logger.info("the notification server is “\(traits.name)” (\(capabilities))")
    hasAppeared = true
    handler(.appeared(owner: owner, traits))
  }

  private func call<T: Sendable>(
    _ member: String, to owner: String, _ arguments: [BusValue] = [],
    decode: @escaping (borrowing Message) throws(BusError) -> T
  ) async throws(BusError) -> T {
    try await connection.call(
      destination: owner, path: Self.path, interface: Self.interface, member: member, arguments,
      timeout: Self.patience, decode: decode)
  }

  // MARK: What it says

  /// Some servers tell everybody of everybody's notifications, so that an id alone says nothing of whose it is.
  private func heard(_ message: borrowing Message) {
    guard message.sender == owner, hasAppeared, let id = (try? message.read())?.asUInt32 else { return }
    switch message.member {
    case "ActivationToken": token = (try? message.readString()).map { (id, $0) }
    case "ActionInvoked":
      guard let key = try? message.readString() else { return }
      // It comes before the action it belongs to.
      let token = token?.id == id ? token?.text : nil
      self.token = nil
      handler(.acted(id: id, key: key, token: token))
    case "NotificationClosed": handler(.closed(id: id))
    default: break
    }
  }

  // MARK: What it is told

  /// Returns the notification's id.
  func post(_ content: NotificationContent, replacing id: UInt32) async throws(BusError) -> UInt32 {
    try await call("Notify", to: owner, Self.arguments(content, replacing: id)) { reply throws(BusError) in
      guard let id = try reply.read().asUInt32, id != 0 else {
        throw BusError(BusError.failed, "the notification server gave a notification no id")
      }
      return id
    }
  }

  func close(_ id: UInt32) {
    EventLoopActor.task { [self, owner] in
      // An error says that it is not there any more, which is what is wanted.
      do throws(BusError) {
        try await call("CloseNotification", to: owner, [.uint32(id)]) { _ throws(BusError) in }
      } catch { logger.debug("notification \(id) cannot be closed: \(error)") }
    }
  }

  private static func arguments(_ content: NotificationContent, replacing id: UInt32) -> [BusValue] {
    [
      .string(applicationName), .uint32(id), .string(content.icon), .string(content.summary), .string(content.body),
      .strings(content.actions.flatMap { [$0.key.text, $0.label] }), .dictionary(hints(content)),
      .int32(content.expires ? -1 : 0),
    ]
  }

  private static let applicationName = "OngoingCall"

  private static func hints(_ content: NotificationContent) -> [String: BusValue] {
    var hints: [String: BusValue] = [
      "category": .string(content.category), "urgency": .byte(content.urgency),
      "resident": .bool(content.isResident), "desktop-entry": .string(DesktopName.application),
      "x-gnome-privacy-scope": .string(content.privacyScope),
    ]
    if content.isTransient { hints["transient"] = .bool(true) }
    if !content.playsSound { hints["suppress-sound"] = .bool(true) }
    if let tag = content.tag {
      // dunst's and mako's ways of saying that there is only one of it.
      hints["x-dunst-stack-tag"] = .string(tag)
      hints["x-canonical-private-synchronous"] = .string(tag)
    }
    return hints
  }
}

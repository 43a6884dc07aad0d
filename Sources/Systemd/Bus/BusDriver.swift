// SPDX-License-Identifier: Apache-2.0
import CallModel

/// Methods and signals of the bus itself (D-Bus Specification, "Message Bus Messages").
extension Bus {
  nonisolated static let driverName = "org.freedesktop.DBus"
  nonisolated static let driverPath = "/org/freedesktop/DBus"

  /// The bus itself. Nobody else can send messages under its name.
  public var driver: BusService { service(Self.driverName) }

  /// Calls a method of the bus itself, and returns what `decode` makes of the reply.
  public func ask<T: Sendable>(
    _ member: String, _ arguments: [BusValue] = [], timeout: Duration? = .seconds(25),
    decode: @escaping (borrowing Message) throws(BusError) -> T
  ) async throws(BusError) -> T {
    try await ask(member, arguments, until: TimeLimit(in: timeout), decode: decode)
  }

  /// The same with a callback; see ``BusService/call(path:interface:member:_:timeout:decode:answer:)``.
  public func ask<T: Sendable>(
    _ member: String, _ arguments: [BusValue] = [], timeout: Duration? = .seconds(25),
    decode: @escaping (borrowing Message) throws(BusError) -> T,
    answer: @escaping @EventLoopActor (Result<T, BusError>) -> Void
  ) {
    driver.call(
      path: Self.driverPath, interface: Self.driverName, member: member, arguments, timeout: timeout, decode: decode,
      answer: answer)
  }

  func ask<T: Sendable>(
    _ member: String, _ arguments: [BusValue], until deadline: TimeLimit,
    decode: @escaping (borrowing Message) throws(BusError) -> T
  ) async throws(BusError) -> T {
    try await withBusAnswer { answer in
      call(
        Self.driverName, Self.driverPath, Self.driverName, member, arguments, until: deadline, decode: decode,
        answer: answer)
    }
  }

  /// Returns when the bus has received everything that was sent before.
  public func settle() async throws(BusError) {
    try await driver.call(path: Self.driverPath, interface: "org.freedesktop.DBus.Peer", member: "Ping") {
      _ throws(BusError) in
    }
  }

  // MARK: Names

  /// Acquires `name`; fails if it has another owner.
  public func requestName(_ name: String) async throws(BusError) {
    // DBUS_NAME_FLAG_DO_NOT_QUEUE
    let result = try await ask("RequestName", [.string(name), .uint32(4)]) { reply throws(BusError) in
      try reply.read().asUInt32
    }
    guard result == 1 || result == 4 else { throw BusError.taken(name) }
  }

  public func hasOwner(_ name: String) async throws(BusError) -> Bool {
    try await ask("NameHasOwner", [.string(name)]) { reply throws(BusError) in try reply.read().asBool ?? false }
  }

  /// `handler` is called when `name` loses its owner, as long as the slot exists.
  public func onDeparture(
    of name: String, _ handler: @escaping @EventLoopActor () -> Void
  ) throws(BusError) -> BusSlot {
    try onNameChange(SignalPattern(arguments: [0: name, 2: ""])) { _, _ in handler() }
  }

  /// `handler` gets every name that loses its owner, as long as the slot exists.
  func onDepartures(_ handler: @escaping @EventLoopActor (String) -> Void) throws(BusError) -> BusSlot {
    try onNameChange(SignalPattern(arguments: [2: ""])) { name, _ in handler(name) }
  }

  /// `handler` gets each name and its new owner from now on.
  func onNameChange(
    _ pattern: SignalPattern, _ handler: @escaping @EventLoopActor (String, String?) -> Void
  ) throws(BusError) -> BusSlot {
    var pattern = pattern
    (pattern.path, pattern.interface, pattern.member) = (Self.driverPath, Self.driverName, "NameOwnerChanged")
    return try driver.onSignal(pattern) { message in
      // The name, its previous owner and its new owner.
      guard let name = try? message.readString(), (try? message.readString()) != nil,
        let owner = try? message.readString()
      else { return }
      handler(name, owner.isEmpty ? nil : owner)
    }
  }
}

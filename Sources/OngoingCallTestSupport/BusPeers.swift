// SPDX-License-Identifier: Apache-2.0
package import CallModel
package import Systemd

/// Two connections to a real bus that nobody else is on.
@EventLoopActor
package final class BusPeers {
  package nonisolated static let name = "org.ongoingcall.Test"

  package let daemon: PrivateBus
  /// The owner of ``name``.
  package let server: Bus
  package let client: Bus

  package init(_ kind: PrivateBus.Kind = .daemon) async throws {
    daemon = try PrivateBus(kind)
    server = try Bus(address: daemon.address, description: "server")
    client = try Bus(address: daemon.address, description: "client")
    try await server.requestName(Self.name)
  }

  /// Returns when all that either has told the bus so far has reached the other.
  package func settle() async throws {
    for bus in [server, client, server] { _ = try await ask(bus, "GetId", []) { _ throws(BusError) in } }
  }

  /// That of the bus, where it is dbus-daemon.
  package func process() async throws(BusError) -> Int32 {
    try await ask(server, "GetConnectionUnixProcessID", [.string("org.freedesktop.DBus")]) { reply throws(BusError) in
      Int32(bitPattern: try reply.read().asUInt32 ?? 0)
    }
  }

  /// Asks the bus itself.
  @discardableResult
  package func ask<T: Sendable>(
    _ bus: Bus, _ member: String, _ arguments: [BusValue],
    decode: @escaping (borrowing Message) throws(BusError) -> T
  ) async throws(BusError) -> T {
    try await bus.ask(member, arguments, decode: decode)
  }
}

// SPDX-License-Identifier: Apache-2.0
internal import CallModel
internal import Glibc
internal import OngoingCall

extension PrivateBus {
  /// Has the bus stand still while `body` runs: it takes connections and messages, and answers nothing.
  package func whileStopped(_ body: () async throws -> Void) async throws {
    let call = BusCall(
      to: "org.freedesktop.DBus", path: "/org/freedesktop/DBus", interface: "org.freedesktop.DBus",
      member: "GetConnectionUnixProcessID", .string("org.freedesktop.DBus"))
    let answer = try BusConnection(address: address).call(call, until: Deadline(in: .seconds(20)))
    guard let process = answer.first?.asUInt32, kill(pid_t(process), SIGSTOP) == 0 else {
      throw Failure(description: "the bus cannot be stopped")
    }
    defer { kill(pid_t(process), SIGCONT) }
    try await body()
  }
}

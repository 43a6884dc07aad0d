// SPDX-License-Identifier: Apache-2.0
import Glibc
import Logging
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

extension SystemBus {
  /// The bus of a test in the system's place.
  static func on(_ peers: BusPeers) -> SystemBus {
    let address = peers.daemon.address
    return SystemBus(logger: .silent, patience: .seconds(60)) { () throws(BusError) in
      try Bus(address: address, description: "system")
    }
  }
}

/// A system's bus that can be restarted, with a login manager that comes back with it.
@EventLoopActor
final class SystemBusScene {
  let told = LogLines()
  private let folder = TemporaryFolder()
  private let flag: String
  private(set) var daemon: PrivateBus
  private(set) var login: LoginManagerStandIn
  private var witness: Bus?
  /// How often it was connected to, and where to next instead.
  private(set) var connections = 0
  var address: String?
  private(set) var system: SystemBus!

  /// - Parameter flag: the file by which the user lingers.
  init(flag: String? = nil) async throws {
    self.flag = flag ?? folder["linger"]
    daemon = try PrivateBus()
    login = try await Self.loginManager(on: daemon, self.flag)
    system = SystemBus(logger: told.logger, patience: .seconds(60)) { [weak self] () throws(BusError) in
      guard let self else { throw BusError(BusError.failed, "the test is over") }
      connections += 1
      return try Bus(address: address ?? daemon.address, description: "system")
    }
  }

  nonisolated static func test(
    _ body: @escaping @EventLoopActor @Sendable (SystemBusScene) async throws -> Void
  ) async throws {
    try await onEventLoop(with: { try await SystemBusScene() }, body)
  }

  private static func loginManager(on daemon: PrivateBus, _ flag: String) async throws -> LoginManagerStandIn {
    try await LoginManagerStandIn(on: try Bus(address: daemon.address, description: "login manager"), flag: flag)
  }

  /// Nobody is connected any more; who tries to be is refused.
  func stop() {
    daemon.stop()
    witness = nil
  }

  /// Returns when all that was sent on the bus so far has been heard, and answered, by whoever is on it.
  func turn() async throws {
    let witness = try witness ?? Bus(address: daemon.address, description: "witness")
    self.witness = witness
    for _ in 0..<3 {
      try await witness.settle()
      try await login.settle()
    }
  }

  /// Whatever was inhibited is so no more, as far as the new login manager knows.
  func start() async throws {
    daemon = try PrivateBus()
    login = try await Self.loginManager(on: daemon, flag)
  }
}

/// A socket that takes connections, and on which nobody ever answers: what a stopped bus is.
final class SilentSocket {
  let address: String
  private let folder = TemporaryFolder()
  private var listener: Int32

  init() throws {
    let path = folder["bus"]
    address = "unix:path=\(path)"
    listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var name = sockaddr_un()
    name.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: bytes) }
    let bound = withUnsafePointer(to: &name) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try #require(bound == 0 && listen(listener, 8) == 0)
  }

  deinit { stop() }

  /// All that have connected are disconnected.
  func stop() {
    guard listener >= 0 else { return }
    close(listener)
    listener = -1
  }
}

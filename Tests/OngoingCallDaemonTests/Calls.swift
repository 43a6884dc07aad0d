// SPDX-License-Identifier: Apache-2.0
import CallModel
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

/// A service, the stand-in for the service manager, and the engines' ends of the channels.
@EventLoopActor
final class Calls {
  let peers: BusPeers
  let units: ServiceManagerStandIn
  let store: RecordStore
  let service: CallsService
  let program: String
  let told = LogLines()

  init(_ engines: EngineFolder, system: SystemBus? = nil) async throws {
    peers = try await BusPeers()
    units = try await ServiceManagerStandIn(on: peers.server)
    store = try RecordStore(directory: engines.folder["run"], logger: .silent)
    program = engines.program
    service = CallsService(
      manager: ServiceManager(bus: peers.client), catalog: engines.catalog, store: store, logger: told.logger,
      system: system ?? .on(peers))
  }

  func launch(
    _ token: String? = nil, _ option: String? = nil, _ value: BusValue = .bool(true)
  ) async -> Result<Session, CallRefusal> {
    var options: [String: BusValue] = ["command": .strings([program, "$HOME"])]
    if let token { options["token"] = .string(token) }
    if let option { options[option] = value }
    return await launch(options)
  }

  func launch(_ options: [String: BusValue]) async -> Result<Session, CallRefusal> {
    do throws(CallRefusal) {
      return .success(try await service.launch(LaunchOptions(options.map { ($0.key, $0.value) })))
    } catch {
      return .failure(error)
    }
  }

  func engine(of session: Session) throws -> EngineEnd {
    let channel = units.channels.removeValue(forKey: session.record.unit)
    return EngineEnd(try #require(channel))
  }

  /// Engine and unit end, and the service has heard it.
  func end(_ session: Session, _ engine: EngineEnd) async throws {
    await engine.say(#"{"type":"state","state":"ended","reason":"exited","exit-status":0}"# + "\n")
    try units.remove(session.record.unit)
    for _ in 0..<2 { try await peers.settle() }
  }

  func started() -> Int { units.requests.waiting.count { $0.member == "StartTransientUnit" } }
}

/// Tests of a service that finds its engines in a folder of the test's own.
protocol CallsSuite { var engines: EngineFolder { get } }

extension CallsSuite {
  func calls(_ body: @escaping @EventLoopActor @Sendable (Calls) async throws -> Void) async throws {
    try await onEventLoop(with: { [engines] in try await Calls(engines) }, body)
  }
}

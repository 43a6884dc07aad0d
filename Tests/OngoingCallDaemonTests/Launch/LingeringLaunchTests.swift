// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

/// Launches that ask for lingering, with stand-ins for the service manager and the login manager.
@Suite(.timeLimit(.minutes(1))) struct LingeringLaunchTests {
  let engines = EngineFolder()

  @EventLoopActor
  private final class Calls {
    let peers: BusPeers
    let units: ServiceManagerStandIn
    let login: LoginManagerStandIn
    let note: LingerNote
    let service: CallsService
    let told = LogLines()
    private let program: String

    init(_ engines: EngineFolder) async throws {
      peers = try await BusPeers()
      units = try await ServiceManagerStandIn(on: peers.server)
      let flags = engines.folder.makeFolder("linger")
      login = try await LoginManagerStandIn(on: peers.server, flag: "\(flags)/\(UserName.own)")
      note = LingerNote(directory: engines.folder["state"], machine: "here")
      program = engines.program
      service = CallsService(
        manager: ServiceManager(bus: peers.client), catalog: engines.catalog,
        store: try RecordStore(directory: engines.folder["run"], logger: .silent), logger: told.logger,
        system: .on(peers))
      service.linger(in: .init(flag: LingerFlag(directory: flags), note: note, patience: .seconds(60)))
    }

    func launch(_ options: (String, BusValue)...) async -> Result<Session, CallRefusal> {
      let options = options + [("command", .strings([program]))]
      do throws(CallRefusal) { return .success(try await service.launch(LaunchOptions(options))) } catch {
        return .failure(error)
      }
    }

    func end(_ session: Session) async throws {
      let channel = units.channels.removeValue(forKey: session.record.unit)
      let engine = EngineEnd(try #require(channel))
      await engine.say(#"{"type":"state","state":"ended","reason":"exited","exit-status":0}"# + "\n")
      try units.remove(session.record.unit)
      for _ in 0..<2 { try await peers.settle() }
    }
  }

  private func calls(_ body: @escaping @EventLoopActor @Sendable (Calls) async throws -> Void) async throws {
    let engines = engines
    try await onEventLoop {
      let calls = try await Calls(engines)
      try await body(calls)
      withExtendedLifetime(calls) {}
    }
  }

  private static let refusal = BusError("org.freedesktop.DBus.Error.AccessDenied", "Permission denied")

  @Test func theUserLingersBeforeTheEngineRunsAndUntilTheCallIsOver() async throws {
    try await calls { calls in
      var inOrder: [Bool] = []
      calls.login.before = { inOrder.append(calls.units.units.isEmpty) }
      let session = try await calls.launch(("linger", .bool(true))).get()
      #expect(session.survivesLogout && session.spec.lingers && calls.login.asked == [true])
      calls.login.before = { inOrder.append(session.life.isOver) }
      try await calls.end(session)
      await calls.service.settle()
      #expect(calls.login.asked == [true, false] && inOrder == [true, true])
      #expect(!session.survivesLogout && !calls.note.exists)
      #expect(!calls.told.lines.contains { $0.contains("will end at the last logout") })
    }
  }

  @Test func aLaunchThatFailsPutsItBack() async throws {
    try await calls { calls in
      calls.units.jobResult = "failed"
      guard case .failure(.engineFailed) = await calls.launch(("linger", .bool(true))) else {
        Issue.record("it did not fail")
        return
      }
      await calls.service.settle()
      #expect(calls.login.asked == [true, false] && !calls.note.exists)
    }
  }

  @Test func whereItIsAskedForByNameAndRefusedNothingIsStarted() async throws {
    try await calls { calls in
      calls.login.refusal = Self.refusal
      guard case .failure(.notPermitted) = await calls.launch(("linger", .bool(true)), ("token", .string("a"))) else {
        Issue.record("it was not refused")
        return
      }
      #expect(calls.units.requests.waiting.isEmpty && calls.service.sessions.isEmpty)
      // The token is free again.
      calls.login.refusal = nil
      let session = try await calls.launch(("linger", .bool(true)), ("token", .string("a"))).get()
      #expect(session.survivesLogout)
    }
  }

  @Test func whereItIsOnlyConfiguredAndRefusedTheCallIsLaunchedWithAWarning() async throws {
    try await calls { calls in
      calls.login.refusal = Self.refusal
      calls.service.configuration.calls.lingers = true
      let session = try await calls.launch().get()
      #expect(!session.survivesLogout)
      let warning = "\(session.id): cannot turn on lingering"
      #expect(calls.told.lines.contains { $0.contains(warning) && $0.contains("set-self-linger") })
      #expect(calls.told.lines.contains { $0.contains("\(session.id) will end at the last logout") })
      // And where the launch does not want what is configured, nothing is asked for.
      let other = try await calls.launch(("linger", .bool(false))).get()
      #expect(!other.spec.lingers && calls.login.asked.isEmpty)
    }
  }

  @Test func aCallIsToldOfWhatBecomesOfIt() async throws {
    try await calls { calls in
      let session = try await calls.launch().get()
      let entries = calls.told.lines.indices.compactMap { calls.told.fields($0) }
      let fields = try #require(entries.first { $0["MESSAGE_ID"] == MessageID.endsAtLogout })
      #expect(fields[JournalField.session] == "\(session.id)" && fields[JournalField.aboutUnit] == session.record.unit)
    }
  }
}

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

  /// Calls of a user who may linger.
  @EventLoopActor
  private final class Scene {
    let calls: Calls
    let login: LoginManagerStandIn
    let note: LingerNote
    var service: CallsService { calls.service }
    var told: LogLines { calls.told }

    init(_ engines: EngineFolder) async throws {
      calls = try await Calls(engines)
      let flags = engines.folder.makeFolder("linger")
      login = try await LoginManagerStandIn(on: calls.peers.server, flag: "\(flags)/\(UserName.own)")
      note = LingerNote(directory: engines.folder["state"], machine: "here")
      service.linger(in: .init(flag: LingerFlag(directory: flags), note: note, patience: .seconds(60)))
    }
  }

  private func scene(_ body: @escaping @EventLoopActor @Sendable (Scene) async throws -> Void) async throws {
    try await onEventLoop(with: { [engines] in try await Scene(engines) }, body)
  }

  private static let refusal = BusError("org.freedesktop.DBus.Error.AccessDenied", "Permission denied")

  @Test func theUserLingersBeforeTheEngineRunsAndUntilTheCallIsOver() async throws {
    try await scene { scene in
      var inOrder: [Bool] = []
      scene.login.before = { inOrder.append(scene.calls.units.units.isEmpty) }
      let session = try await scene.calls.launch(nil, "linger").get()
      #expect(session.survivesLogout && session.spec.lingers && scene.login.asked == [true])
      scene.login.before = { inOrder.append(session.life.isOver) }
      try await scene.calls.end(session, scene.calls.engine(of: session))
      await scene.service.settle()
      #expect(scene.login.asked == [true, false] && inOrder == [true, true])
      #expect(!session.survivesLogout && !scene.note.exists)
      #expect(!scene.told.lines.contains { $0.contains("will end at the last logout") })
    }
  }

  @Test func aLaunchThatFailsPutsItBack() async throws {
    try await scene { scene in
      scene.calls.units.jobResult = "failed"
      guard case .failure(.engineFailed) = await scene.calls.launch(nil, "linger") else {
        Issue.record("it did not fail")
        return
      }
      await scene.service.settle()
      #expect(scene.login.asked == [true, false] && !scene.note.exists)
    }
  }

  @Test func whereItIsAskedForByNameAndRefusedNothingIsStarted() async throws {
    try await scene { scene in
      scene.login.refusal = Self.refusal
      guard case .failure(.notPermitted) = await scene.calls.launch("a", "linger") else {
        Issue.record("it was not refused")
        return
      }
      #expect(scene.calls.units.requests.waiting.isEmpty && scene.service.sessions.isEmpty)
      // The token is free again.
      scene.login.refusal = nil
      let session = try await scene.calls.launch("a", "linger").get()
      #expect(session.survivesLogout)
    }
  }

  @Test func whereItIsOnlyConfiguredAndRefusedTheCallIsLaunchedWithAWarning() async throws {
    try await scene { scene in
      scene.login.refusal = Self.refusal
      scene.service.configuration.calls.lingers = true
      let session = try await scene.calls.launch().get()
      #expect(!session.survivesLogout)
      #expect(
        scene.told.lines.contains {
          $0.contains("\(session.id): cannot turn on lingering") && $0.contains("set-self-linger")
        })
      #expect(scene.told.lines.contains { $0.contains("\(session.id) will end at the last logout") })
      // And where the launch does not want what is configured, nothing is asked for.
      let other = try await scene.calls.launch(nil, "linger", .bool(false)).get()
      #expect(!other.spec.lingers && scene.login.asked.isEmpty)
    }
  }

  @Test func aCallIsToldOfWhatBecomesOfIt() async throws {
    try await scene { scene in
      let session = try await scene.calls.launch().get()
      let entries = scene.told.lines.indices.compactMap { scene.told.fields($0) }
      let fields = try #require(entries.first { $0["MESSAGE_ID"] == MessageID.endsAtLogout })
      #expect(fields[JournalField.session] == "\(session.id)" && fields[JournalField.aboutUnit] == session.record.unit)
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

/// With a bus in the system's place; with the real one: Tests/EndToEnd/test_system_bus.py.
@Suite(.timeLimit(.minutes(1))) struct SystemBusTests {
  private enum Happening: Equatable, Sendable { case ready, lost }

  @Test func allWhoUseItShareOneConnectionUntilTheLastHasGone() async throws {
    try await SystemBusScene.test { scene in
      let heard = Mailbox<Happening>()
      var uses = (0..<3).map { _ in
        scene.system.use { _ in
          heard.put(.ready)
        } onLoss: {
          heard.put(.lost)
        }
      }
      #expect(await heard.next(3) == [.ready, .ready, .ready])
      uses.append(scene.system.use { _ in heard.put(.ready) })
      #expect(heard.waiting == [.ready], "who comes later finds it ready")
      #expect(scene.connections == 1)
      weak let login = try await scene.system.login(within: .seconds(5))
      uses.removeFirst()
      #expect(login != nil)
      uses = []
      #expect(login == nil, "it is let go with its last use")
      #expect(scene.told.lines.isEmpty)
    }
  }

  @Test func aBusThatIsRestartedIsSaidAndConnectedToAgain() async throws {
    try await SystemBusScene.test { scene in
      let heard = Mailbox<Happening>()
      let use = scene.system.use { _ in
        heard.put(.ready)
      } onLoss: {
        heard.put(.lost)
      }
      #expect(await heard.next() == .ready)
      scene.stop()
      #expect(await heard.next() == .lost)
      try await scene.start()
      #expect(await heard.next() == .ready)
      #expect(scene.told.lines.count == 2, "\(scene.told.lines)")
      #expect(scene.told.lines.first?.contains("without a warning until the system bus is available") == true)
      #expect(scene.told.lines.last?.contains("connected to the system bus") == true)
      withExtendedLifetime(use) {}
    }
  }

  @Test func thePausesBetweenTriesGrow() {
    let pauses = (1...12).map { Wait.systemBus($0) }
    #expect(pauses.first == .milliseconds(100) && pauses.last == .seconds(30))
    #expect(zip(pauses, pauses.dropFirst()).allSatisfy { $0 < $1 || $1 == .seconds(30) })
    #expect(Wait.systemBus(.max) == .seconds(30))
  }

  @Test func whereThereIsNoneThatIsSaidOnceAndToWhoeverWaits() async throws {
    try await SystemBusScene.test { scene in
      scene.stop()
      let use = scene.system.use()
      let error = await scene.failure(within: .seconds(30))
      #expect(error?.message.contains("connect to the bus") == true)
      #expect(error?.message.contains("see: systemctl status dbus") == true)
      #expect(scene.connections == Limit.systemBusTries && scene.told.lines.count == 1)
      // Who comes now need not wait for what has just failed again.
      #expect(await scene.failure(within: .seconds(30)) != nil)
      #expect(scene.connections == Limit.systemBusTries + 1)
      withExtendedLifetime(use) {}
    }
  }

  @Test func whoeverWaitsForABusThatDoesNotAnswerIsToldSoInTime() async throws {
    try await SystemBusScene.test { scene in
      let silent = try SilentSocket()
      scene.address = silent.address
      for _ in 0..<3 {
        let use = scene.system.use()
        let error = await scene.failure(within: .milliseconds(50))
        #expect(error?.name == BusError.noReply)
        #expect(error?.message == "the system bus does not answer; see: systemctl status dbus")
        withExtendedLifetime(use) {}
      }
      #expect(scene.connections == 1, "there is never a second one beside one that is being made")
      // It answers at last, or is gone.
      scene.address = nil
      let heard = Mailbox<Happening>()
      let use = scene.system.use { _ in heard.put(.ready) }
      silent.stop()
      #expect(await heard.next() == .ready)
      #expect(scene.connections == 2)
      withExtendedLifetime(use) {}
    }
  }

  @Test func whatNobodyUsesIsNotLookedFor() async throws {
    try await SystemBusScene.test { scene in
      let heard = Mailbox<Happening>()
      var use: SystemBus.Use? = scene.system.use { _ in
        heard.put(.ready)
      } onLoss: {
        heard.put(.lost)
      }
      #expect(await heard.next() == .ready)
      scene.stop()
      #expect(await heard.next() == .lost)
      use = nil
      #expect(use == nil)
      try await scene.start()
      #expect(await heard.next(within: .milliseconds(300)) == nil && scene.connections == 1)
    }
  }
}

extension SystemBusScene {
  func failure(within limit: Duration) async -> BusError? {
    do throws(BusError) { _ = try await system.login(within: limit) } catch { return error }
    return nil
  }
}

// SPDX-License-Identifier: Apache-2.0
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

/// What keeps the machine from sleeping, with a stand-in for the login manager.
@Suite(.timeLimit(.minutes(1))) struct InhibitorLockTests {
  private func scene(
    _ mode: LoginManager.Mode = .delay,
    _ body: @escaping @EventLoopActor @Sendable (SystemBusScene, InhibitorLock) async throws -> Void
  ) async throws {
    try await SystemBusScene.test { scene in
      let restraint = InhibitorLock(mode, "sleep", "shutdown", why: "a test", logger: scene.told.logger)
      let use = scene.system.use {
        restraint.login = $0
      } onLoss: {
        restraint.login = nil
      }
      try await body(scene, restraint)
      withExtendedLifetime(use) {}
    }
  }

  private static let both = ["delay shutdown", "delay sleep"]

  @Test func itIsThereWhileItIsWanted() async throws {
    try await scene { scene, restraint in
      restraint.isWanted = true
      restraint.isWanted = true
      #expect(await scene.login.calls.next(2) == ["delay sleep", "delay shutdown"])
      try await scene.turn()
      #expect(scene.login.inhibited == Self.both)
      restraint.isWanted = false
      #expect(scene.login.inhibited.isEmpty)
      #expect(scene.login.calls.waiting.isEmpty)
    }
  }

  @Test func takenAndDroppedAThousandTimesItIsThereOnce() async throws {
    try await scene { scene, restraint in
      restraint.isWanted = true
      #expect(await scene.login.calls.next(2).count == 2)
      scene.login.hangs = true
      for number in 0..<1000 {
        restraint.isWanted = false
        restraint.isWanted = true
        if number % 20 == 0 { try await scene.turn() }
      }
      #expect(scene.login.inhibited.isEmpty && scene.login.waiting == 1, "one request is under way at a time")
      scene.login.hangs = false
      #expect(await scene.login.calls.next(2).sorted() == Self.both)
      #expect(await scene.login.calls.next(within: .milliseconds(50)) == nil)
      #expect(scene.login.inhibited == Self.both)
    }
  }

  @Test func whatIsGivenTooLateIsGivenBack() async throws {
    try await scene { scene, restraint in
      scene.login.hangs = true
      restraint.isWanted = true
      #expect(await scene.login.asks.next() != nil)
      restraint.isWanted = false
      scene.login.hangs = false
      #expect(await scene.login.calls.next() == "delay sleep")
      try await scene.turn()
      #expect(scene.login.inhibited.isEmpty && scene.login.calls.waiting.isEmpty)
    }
  }

  @Test func anotherBusIsAskedAnewAndWhatTheFirstGaveIsHeldUntilThen() async throws {
    try await scene { scene, restraint in
      restraint.isWanted = true
      #expect(await scene.login.calls.next(2).count == 2)
      let first = scene.login
      scene.stop()
      #expect(first.inhibited == Self.both)
      try await scene.start()
      #expect(await scene.login.calls.next(2) == ["delay sleep", "delay shutdown"])
      try await scene.turn()
      #expect(scene.login.inhibited == Self.both)
      #expect(first.inhibited.isEmpty)
    }
  }

  @Test(arguments: ["org.freedesktop.login1.OperationInProgress", "org.freedesktop.DBus.Error.AccessDenied"])
  func whatFailsIsAskedForAgain(name: String) async throws {
    try await scene { scene, restraint in
      scene.login.refusal = BusError(name, "later")
      restraint.isWanted = true
      // The one that fails does not keep the other from being asked for.
      #expect(await scene.login.calls.next(2) == ["delay sleep", "delay shutdown"])
      scene.login.refusal = nil
      #expect(await scene.login.calls.next(2) == ["delay sleep", "delay shutdown"])
      try await scene.turn()
      #expect(scene.login.inhibited == Self.both)
      #expect(scene.told.lines.count == 1 && scene.told.lines[0].contains("cannot delay “sleep”"))
    }
  }

  @Test func whatPolicyRefusesIsAskedForOnce() async throws {
    try await scene(.block) { scene, restraint in
      scene.login.refusal = BusError("org.freedesktop.DBus.Error.AccessDenied", "no")
      restraint.isWanted = true
      #expect(await scene.login.calls.next(2).count == 2)
      #expect(await scene.login.calls.next(within: .milliseconds(300)) == nil)
      #expect(scene.told.lines.count == 2)
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
import CallModel
import Glibc
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

/// With a stand-in for the login manager; with the real one: Tests/EndToEnd/test_linger.py.
@Suite(.timeLimit(.minutes(1))) struct LingeringTests {
  private func scene(_ body: @escaping @EventLoopActor @Sendable (LingeringScene) async throws -> Void) async throws {
    try await onEventLoop(with: { try await LingeringScene() }, body)
  }

  // MARK: On and off again

  @Test func itIsOnWhileACallNeedsItAndThenAsItWas() async throws {
    try await scene { scene in
      scene.calls = 1
      try await scene.lingering.turnOn()
      #expect(scene.lingering.isOn && scene.note.exists)
      #expect(try await scene.note.turnedOn() == scene.flag.stamp)
      scene.lingering.callsChanged()
      await scene.lingering.restore()
      #expect(scene.lingering.isOn && scene.note.exists)
      scene.calls = 0
      await scene.lingering.restore()
      #expect(!scene.lingering.isOn && !scene.note.exists)
      #expect(scene.login.asked == [true, false])
    }
  }

  @Test func whatIsOnAlreadyStaysOn() async throws {
    try await scene { scene in
      scene.login.set(true)
      scene.calls = 1
      try await scene.lingering.turnOn()
      scene.calls = 0
      await scene.lingering.restore()
      #expect(scene.lingering.isOn && !scene.note.exists)
      #expect(scene.login.asked.isEmpty)
    }
  }

  @Test func itIsNotedBeforeItIsTurnedOnThatItWasOff() async throws {
    try await scene { scene in
      var noted: Bool?
      scene.login.before = { noted = scene.note.exists }
      scene.calls = 1
      try await scene.lingering.turnOn()
      #expect(noted == true)
      noted = nil
      scene.calls = 0
      await scene.lingering.restore()
      #expect(noted == true, "the note stays until it is off again")
    }
  }

  @Test func aCallThatComesWhileItIsTurnedOffFindsItOn() async throws {
    try await scene { scene in
      scene.calls = 1
      try await scene.lingering.turnOn()
      scene.calls = 0
      // The next call is there before the answer is.
      scene.login.before = { scene.calls = 1 }
      await scene.lingering.restore()
      scene.login.before = {}
      try await scene.lingering.turnOn()
      #expect(scene.lingering.isOn && scene.note.exists)
      #expect(scene.login.asked == [true, false, true])
    }
  }

  @Test func oneAfterTheOther() async throws {
    try await scene { scene in
      scene.calls = 1
      let ready = Mailbox<Bool>()
      for _ in 0..<5 {
        EventLoopActor.task {
          do throws(CallRefusal) { try await scene.lingering.turnOn() } catch { Issue.record(error) }
          ready.put(scene.lingering.isOn)
        }
      }
      #expect(await ready.next(5) == [true, true, true, true, true])
      #expect(scene.login.asked == [true])
    }
  }

  // MARK: Others do it too

  @Test func whatSomebodyElseAsksForMeanwhileStays() async throws {
    try await scene { scene in
      scene.calls = 1
      try await scene.lingering.turnOn()
      scene.login.set(true)
      scene.calls = 0
      await scene.lingering.restore()
      #expect(scene.lingering.isOn && !scene.note.exists)
      #expect(scene.login.asked == [true])
    }
  }

  @Test func whatSomebodyElseTurnsOffStaysOff() async throws {
    try await scene { scene in
      scene.calls = 1
      scene.lingering.callsChanged()
      try await scene.lingering.turnOn()
      #expect(await scene.changes.next() == true)
      scene.login.set(false)
      #expect(await scene.changes.next() == false)
      scene.calls = 0
      await scene.lingering.restore()
      #expect(!scene.lingering.isOn && !scene.note.exists)
      #expect(scene.login.asked == [true])
    }
  }

  @Test func anotherUsersLingeringIsNotTold() async throws {
    try await scene { scene in
      scene.calls = 1
      scene.lingering.callsChanged()
      scene.folder.write("", to: "linger/somebody")
      scene.login.set(true)
      #expect(await scene.changes.next() == true)
      #expect(scene.changes.waiting.isEmpty)
    }
  }

  // MARK: An earlier daemon

  @Test(arguments: [true, false])
  func whatAnEarlierDaemonHasTurnedOnIsTurnedOff(_ stamped: Bool) async throws {
    try await scene { scene in
      scene.login.set(true)
      // Without the stamp it died between turning it on and noting when.
      try await scene.note.write(turnedOn: stamped ? scene.flag.stamp : nil)
      scene.lingering.recover()
      #expect(await scene.login.answered.next() == false)
      await scene.lingering.restore()
      #expect(!scene.lingering.isOn && !scene.note.exists)
    }
  }

  @Test func aCallThatWentOnKeepsItOn() async throws {
    try await scene { scene in
      scene.login.set(true)
      try await scene.note.write(turnedOn: scene.flag.stamp)
      scene.calls = 1
      scene.lingering.recover()
      await scene.lingering.restore()
      #expect(scene.lingering.isOn && scene.note.exists)
      scene.calls = 0
      scene.lingering.callsChanged()
      #expect(await scene.login.answered.next() == false)
    }
  }

  @Test func aNoteFromBeforeItWasTurnedOnUndoesNothing() async throws {
    try await scene { scene in
      try await scene.note.write(turnedOn: nil)
      scene.lingering.recover()
      await scene.lingering.restore()
      #expect(!scene.note.exists && scene.login.asked.isEmpty)
    }
  }

  @Test(arguments: ["", "{", "[]", "null", #"{"version":2}"#, #"{"turnedOn":"now"}"#, "\u{0}\u{1}"])
  func aNoteThatCannotBeReadIsANote(_ contents: String) async throws {
    try await scene { scene in
      scene.login.set(true)
      try await scene.note.write(turnedOn: nil)
      scene.folder.write(contents, to: "state/linger-here.json")
      scene.lingering.recover()
      #expect(await scene.login.answered.next() == false)
      await scene.lingering.restore()
      #expect(!scene.note.exists)
    }
  }

  // MARK: It cannot be

  @Test func whatPolicyRefusesIsSaidWithARemedy() async throws {
    try await scene { scene in
      scene.login.refusal = BusError("org.freedesktop.DBus.Error.AccessDenied", "Permission denied")
      scene.calls = 1
      let error = await scene.failure()
      #expect(error?.name == BusErrorName.notPermitted)
      #expect(error?.message.contains("Permission denied") == true)
      #expect(error?.message.contains("org.freedesktop.login1.set-self-linger") == true)
      #expect(error?.message.contains("loginctl enable-linger \(UserName.own)") == true)
      #expect(!scene.note.exists)
    }
  }

  @Test func withoutALoginManagerThatIsSaid() async throws {
    try await scene { scene in
      scene.login.refusal = BusError("org.freedesktop.DBus.Error.ServiceUnknown", "there is none")
      let error = await scene.failure()
      #expect(error?.name == BusErrorName.notSupported)
      #expect(error?.message.contains("there is none") == true)
      #expect(!scene.note.exists)
    }
  }

  @Test func whatCannotBeNotedIsNotDone() async throws {
    try await scene { scene in
      scene.folder.write("in the way", to: "state")
      let error = await scene.failure()
      #expect(error?.name == BusErrorName.notSupported)
      #expect(error?.message.contains("linger-here.json.new: Not a directory") == true)
      #expect(scene.login.asked.isEmpty)
    }
  }

  @Test func whatCannotBeTurnedOffIsTriedAgain() async throws {
    try await scene { scene in
      scene.calls = 1
      try await scene.lingering.turnOn()
      scene.login.refusal = BusError("org.freedesktop.DBus.Error.AccessDenied", "Permission denied")
      scene.calls = 0
      await scene.lingering.restore()
      #expect(scene.lingering.isOn && scene.note.exists)
      scene.login.refusal = nil
      await scene.lingering.restore()
      #expect(!scene.lingering.isOn && !scene.note.exists)
    }
  }

  // MARK: The bus is lost

  @Test func whatIsToBeUndoneIsUndoneWhenTheBusIsThereAgain() async throws {
    try await scene { scene in
      scene.calls = 1
      try await scene.lingering.turnOn()
      scene.machine.stop()
      scene.calls = 0
      scene.lingering.callsChanged()
      await scene.lingering.restore()
      #expect(scene.lingering.isOn && scene.note.exists)
      try await scene.machine.start()
      #expect(await scene.login.answered.next() == false)
      await scene.lingering.restore()
      #expect(!scene.lingering.isOn && !scene.note.exists)
      #expect(scene.machine.told.lines.count { $0.contains("cannot turn lingering off again") } == 1)
    }
  }

  @Test func whatWasPerhapsDoneIsUndone() async throws {
    try await scene { scene in
      scene.calls = 1
      scene.login.hangs = true
      let failures = Mailbox<CallRefusal?>()
      EventLoopActor.task { failures.put(await scene.failure()) }
      #expect(await scene.login.asks.next() != nil)
      scene.machine.stop()
      let error = await failures.next() ?? nil
      #expect(error?.message.contains("the login manager does not answer SetUserLinger") == true)
      #expect(error?.message.contains("see: systemctl status systemd-logind polkit dbus") == true)
      #expect(scene.note.exists)
      // It had begun before the bus was gone.
      try await scene.machine.start()
      scene.login.set(true)
      scene.calls = 0
      scene.lingering.callsChanged()
      #expect(await scene.login.answered.next() == false)
      await scene.lingering.restore()
      #expect(!scene.lingering.isOn && !scene.note.exists)
    }
  }
}

/// Calls that need lingering or not, and a login manager on a bus of its own.
@EventLoopActor
final class LingeringScene: LingeringHost {
  let folder = TemporaryFolder()
  let flag: LingerFlag
  let note: LingerNote
  let machine: SystemBusScene
  let changes = Mailbox<Bool>()
  var calls = 0
  private(set) var lingering: Lingering!

  init() async throws {
    let flags = folder.makeFolder("linger")
    flag = LingerFlag(directory: flags)
    note = LingerNote(directory: folder["state"], machine: "here")
    machine = try await SystemBusScene(flag: "\(flags)/\(UserName.own)")
    lingering = Lingering(
      self, .init(flag: flag, note: note, patience: .seconds(60)), machine.system, logger: machine.told.logger)
  }

  var login: LoginManagerStandIn { machine.login }
  var hasCalls: Bool { calls > 0 }
  var needsLingering: Bool { calls > 0 }
  func lingeringChanged() { changes.put(lingering.isOn) }

  func failure() async -> CallRefusal? {
    do throws(CallRefusal) { try await lingering.turnOn() } catch { return error }
    return nil
  }
}

// SPDX-License-Identifier: Apache-2.0
import CallModel
import Glibc
import OngoingCallTestSupport
import Testing

@testable import OngoingCall

/// Another program has the daemon's name.
@Suite(.timeLimit(.minutes(1))) struct TakenNameTests: DaemonSuite {
  let fixture: DaemonFixture

  init() throws { fixture = try DaemonFixture(call: DaemonFixture.standUp) }

  private func understandNothing() {
    for member in ["GetAll", "GetManagedObjects", "HangUp", "Launch"] {
      daemon.on(member) { _ in [.fail("org.freedesktop.DBus.Error.UnknownMethod", "Object does not exist at path")] }
    }
  }

  /// Whoever has the service manager's name.
  private func manager(_ unit: String?) throws -> ScriptedDaemon {
    let manager = try ScriptedDaemon(on: bus, owning: "org.freedesktop.systemd1")
    manager.on("GetUnitByPID") { request in
      guard request.arguments == [.uint32(UInt32(getpid()))], unit != nil else {
        return [.fail("org.freedesktop.systemd1.NoUnitForPID", "it is in none")]
      }
      return [.reply([.objectPath("/unit")])]
    }
    manager.on("Get") { _ in [.reply([.variant(.string(unit ?? ""))])] }
    return manager
  }

  @Test func oneThatUnderstandsNothing() async throws {
    understandNothing()
    let expected = CallsError.nameTaken(process: getpid(), unit: nil)
    #expect(throws: expected) { try client.sessions() }
    #expect(throws: expected) { try client.session("abcd0000") }
    #expect(throws: expected) { try client.ask(.hangUp("abcd0000")) }
    await #expect(throws: expected) { try await App.desk(on: bus).join(App.address, SessionSettings(), nil) }
    #expect(
      expected.description
        == "org.ongoingcall.Calls1 on the session bus belongs to process \(getpid()), which is not ongoingcalld")
    #expect(
      expected.remedy
        == "end that program: kill \(getpid()); to end calls without it: systemctl --user stop 'app-ongoingcall-*'")
  }

  @Test(arguments: ["app-squatter.scope", nil]) func itsUnitIsSaid(_ unit: String?) throws {
    let manager = try manager(unit)
    understandNothing()
    #expect(throws: CallsError.nameTaken(process: getpid(), unit: unit)) { try client.sessions() }
    #expect(manager.requests("GetUnitByPID").count == 1)
  }

  @Test func oneThatAnswersNothing() throws {
    let manager = try manager("app-squatter.scope")
    daemon.on("GetManagedObjects") { _ in [] }
    #expect(throws: CallsError.nameTaken(process: getpid(), unit: "app-squatter.scope")) { try client.sessions() }
    #expect(!manager.requests("GetUnitByPID").isEmpty)
  }

  /// The daemon's own words stay what they are.
  @Test func theDaemonItself() async throws {
    let manager = try manager(DaemonName.unit)
    daemon.on("GetManagedObjects") { _ in [.fail("org.freedesktop.DBus.Error.Failed", "no")] }
    let failure = CallsError.refused(name: "org.freedesktop.DBus.Error.Failed", message: "no")
    #expect(throws: failure) { try client.sessions() }
    #expect(throws: CallsError.self) { try client.session("nothere0") }
    daemon.on("SetMuted") { _ in [] }
    let hurried = CallsClient(on: bus, limit: .seconds(1))
    #expect(throws: CallsError.timedOut(what: "SetMuted", seconds: 1)) { try hurried.ask(.setMuted(true, "abcd0000")) }
    #expect(!manager.requests("GetUnitByPID").isEmpty)
  }
}

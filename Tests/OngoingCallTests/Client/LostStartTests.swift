// SPDX-License-Identifier: Apache-2.0
import CallModel
import OngoingCallTestSupport
import Testing

@testable import OngoingCall

/// The bus has the service manager start the daemon, and the manager loses that: it re-executes itself just then.
@Suite(.timeLimit(.minutes(1))) struct LostStartTests {
  let bus: PrivateBus
  /// Whoever has the service manager's name; a daemon comes where it is asked itself.
  let manager: ScriptedDaemon

  init() throws { (bus, manager) = try Self.world("/bin/true") }

  /// - Parameter command: what the bus starts.
  private static func world(_ command: String) throws -> (PrivateBus, ScriptedDaemon) {
    let bus = try PrivateBus(services: [BusName.service: command])
    let address = bus.address
    let manager = try ScriptedDaemon(on: bus, owning: "org.freedesktop.systemd1")
    manager.on("LoadUnit") { _ in [.reply([.objectPath("/unit")])] }
    manager.on("Get") { request in
      [.reply([.variant(request.arguments[1].asString == "ActiveState" ? .string("inactive") : .uint32(0))])]
    }
    manager.on("StartUnit") { request in
      guard request.arguments == [.string(DaemonName.unit), .string("replace")] else { return [] }
      do { _ = try ScriptedDaemon(at: address) } catch { return [.fail("org.example.Problem", "\(error)")] }
      return [.reply([.objectPath("/job")])]
    }
    return (bus, manager)
  }

  @Test func theToolAsksTheManagerItself() throws {
    #expect(try CallsClient(on: bus).describe() == "{}")
    #expect(manager.requests("StartUnit").count == 1)
  }

  @Test func soDoesTheLibrary() async throws {
    let session = try await App.desk(on: bus).join(App.address, SessionSettings(), nil)
    #expect(session.isSessionActive)
    #expect(manager.requests("StartUnit").count == 1)
  }

  /// dbus-broker says at once that the manager did not do it.
  @Test func aStartThatFailsIsTriedOnceMore() async throws {
    let bus = try PrivateBus(services: [BusName.service: "/bin/false"])
    let address = bus.address
    let manager = try ScriptedDaemon(on: bus, owning: "org.freedesktop.systemd1")
    manager.on("LoadUnit") { _ in [.reply([.objectPath("/unit")])] }
    // By the time that it is looked at, it is being started.
    manager.on("Get") { request in
      if request.earlier == 0 { _ = try? ScriptedDaemon(at: address) }
      return [.reply([.variant(request.arguments[1].asString == "ActiveState" ? .string("activating") : .uint32(0))])]
    }
    #expect(try CallsClient(on: bus).describe() == "{}")
  }

  @Test func soItIsByTheLibrary() async throws {
    let folder = TemporaryFolder()
    folder.write(
      "#!/bin/sh\ntest -e '\(folder["again"])' || { touch '\(folder["again"])'; exit 1; }\n".utf8, to: "start",
      mode: 0o700)
    let (bus, manager) = try Self.world(folder["start"])
    let session = try await App.desk(on: bus).join(App.address, SessionSettings(), nil)
    #expect(session.isSessionActive)
    #expect(manager.requests("StartUnit").count == 1)
  }
}

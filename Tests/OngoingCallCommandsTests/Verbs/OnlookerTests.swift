// SPDX-License-Identifier: Apache-2.0
import CallModel
import Glibc
import OngoingCall
import OngoingCallTestSupport
import Testing

/// Verbs that only look on, where no daemon runs: none is started, and one that is being started is waited for.
@Suite(.timeLimit(.minutes(1))) struct OnlookerTests {
  private let folder = TemporaryFolder()
  private let bus: PrivateBus
  /// Whoever has the service manager's name.
  private let manager: ScriptedDaemon
  private var tool: Tool { Tool(on: bus) }

  init() throws {
    bus = try PrivateBus(services: [BusName.service: "/bin/touch \(folder["started"])"])
    manager = try ScriptedDaemon(on: bus, owning: "org.freedesktop.systemd1")
    manager.on("LoadUnit") { _ in [.reply([.objectPath("/unit")])] }
    set(["ActiveState": .string("inactive")])
  }

  private func set(_ properties: [String: BusValue], _ then: @escaping @Sendable () -> Void = {}) {
    manager.on("Get") { request in
      defer { then() }
      return [.reply([.variant(properties[request.arguments[1].asString ?? ""] ?? .string(""))])]
    }
  }

  private var wasStarted: Bool { access(folder["started"], F_OK) == 0 || !manager.requests("StartUnit").isEmpty }

  @Test(arguments: [
    ("list", 0, "no calls\n"), ("status", 0, "no calls\n"),
    ("list --all --json", 0, #"{"version":1,"sessions":[]}"# + "\n"),
    ("status --json", 0, #"{"version":1,"sessions":[]}"# + "\n"), ("status --format plain", 0, "\n"),
    ("status abcd", 66, ""), ("status abcdabcd", 66, ""), ("status --format plain abcdabcd", 0, "\n"),
    ("watch abcd", 66, ""), ("watch abcdabcd", 66, ""),
  ])
  func noDaemonIsStarted(_ line: String, _ status: Int32, _ output: String) throws {
    let result = try tool.run(line: line)
    #expect(result.status == status && result.output == output, "\(result)")
    #expect(!wasStarted)
    // The others start one.
    if line == "list" {
      _ = try tool.run(line: "abort --all --timeout 2")
      #expect(wasStarted)
    }
  }

  @Test(arguments: ["list", "status abcd", "watch abcd0000"])
  func oneThatIsBeingStartedIsWaitedFor(_ line: String) throws {
    let (address, path) = (bus.address, folder["there"])
    // One that is restarted is inactive for a moment.
    set(["ActiveState": .string("inactive"), "Job": .structure([.uint32(7), .objectPath("/job")])]) {
      guard access(path, F_OK) != 0, let daemon = try? ScriptedDaemon(at: address) else { return }
      daemon.set("abcd0000", ["State": .string("ended"), "Title": .string("Stand-up")])
      close(creat(path, 0o600))
    }
    let result = try tool.run(line: line)
    #expect(result.status == 0, "\(result)")
    #expect(!wasStarted)
  }

  @Test func oneThatCannotStartIsSaid() throws {
    set(["ActiveState": .string("failed"), "Result": .string("exit-code"), "NRestarts": .uint32(2)])
    let result = try tool.run(line: "list")
    #expect(result.status == 69)
    #expect(result.error.contains("its unit ongoingcalld.service failed (exit-code), after 2 restarts\n"))
    set(["ActiveState": .string("inactive"), "LoadState": .string("not-found")])
    #expect(try tool.run(line: "list --json").errorJSON?.error?.name == "not-installed")
  }

  @Test func oneThatDoesNotComeInTimeIsSaid() throws {
    set(["ActiveState": .string("activating")])
    let result = try tool.run(line: "list --timeout 1")
    #expect(result.status == 69)
    #expect(result.error.contains("could not be started: its unit ongoingcalld.service is not ready after 1 s\n"))
    set(["ActiveState": .string("activating"), "NRestarts": .uint32(5)])
    for verb in ["list", "abort --all"] {
      let error = try tool.run(line: verb + " --timeout 1").error
      #expect(error.contains("its unit ongoingcalld.service does not start, after 5 restarts\n"))
    }
  }

  // MARK: watch

  /// Just after it has told of the call, before what has happened is asked for.
  @Test func watchEndsWithACallThatAnotherDaemonDoesNotKnow() throws {
    let daemon = try ScriptedDaemon(on: bus)
    daemon.set("abcd0000", DaemonFixture.standUp)
    daemon.on("GetAll") { request in
      guard request.path != BusName.rootPath else { return [.reply([.dictionary(["Sequence": .uint64(0)])])] }
      guard request.earlier == 0 else { return [.fail(BusErrorName.noSuchSession, "there is no such session")] }
      return [.reply([.dictionary(DaemonFixture.standUp)]), .restart]
    }
    let result = try tool.run(line: "watch abcd0000")
    #expect(result.status == 0 && result.output == "abcd0000 has ended: ongoingcalld was stopped\n", "\(result)")
    #expect(!wasStarted)
  }

  @Test func watchEndsWithACallWhoseDaemonIsStopped() throws {
    let daemon = try ScriptedDaemon(on: bus)
    daemon.on("GetAll") { request in
      guard request.path == BusName.rootPath else { return [.reply([.dictionary(DaemonFixture.standUp)])] }
      return [.reply([.dictionary(["Sequence": .uint64(0)])]), .vanish]
    }
    let result = try tool.run(line: "watch abcd0000 --json")
    #expect(result.status == 0 && result.output == "", "\(result)")
    #expect(!wasStarted)
  }
}

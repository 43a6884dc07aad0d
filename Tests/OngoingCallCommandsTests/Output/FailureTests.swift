// SPDX-License-Identifier: Apache-2.0
import CallModel
import Glibc
import OngoingCall
import OngoingCallTestSupport
import Testing

/// No bus, no daemon, no answer, nobody who reads.
@Suite struct FailureTests {
  static let verbs = ["launch sip:a@example.org", "abort", "hangup abcd0000", "status", "list", "mute", "dtmf 1"]

  private func run(_ tool: Tool, _ verb: String) throws -> Tool.Result {
    try tool.run(verb.split(separator: " ").map { Array($0.utf8) })
  }

  @Test(arguments: verbs)
  func noSessionBus(verb: String) throws {
    for environment in [
      [:], ["DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent"], ["XDG_RUNTIME_DIR": "/nonexistent"],
    ] {
      let result = try run(Tool(environment), verb)
      #expect(result.status == 69)
      #expect(result.output == "")
      #expect(result.error.hasPrefix("ongoingcallctl: there is no session bus: "))
      #expect(result.error.contains("\n  log in to a session that has one"))
    }
    #expect(try run(Tool([:]), verb + " --json").errorJSON?.error?.name == "no-session-bus")
  }

  @Test(arguments: verbs)
  func theDaemonIsNotInstalled(verb: String) throws {
    let bus = try PrivateBus()
    let result = try run(Tool(on: bus), verb)
    #expect(result.status == 69)
    #expect(result.error.hasPrefix("ongoingcallctl: ongoingcalld is not installed"))
    #expect(result.error.contains("packaging/install"))
    #expect(result.error.contains("systemctl --user status ongoingcalld"))
    #expect(result.error.contains("; to end calls without it: systemctl --user stop 'app-ongoingcall-*'"))
    #expect(try run(Tool(on: bus), verb + " --json").errorJSON?.error?.name == "not-installed")
  }

  @Test func theDaemonDoesNotStart() throws {
    let bus = try PrivateBus(services: [BusName.service: "/bin/false"])
    // Whoever has the service manager's name.
    let manager = try ScriptedDaemon(on: bus, owning: "org.freedesktop.systemd1")
    manager.on("LoadUnit") { _ in [.fail("org.freedesktop.DBus.Error.AccessDenied", "no")] }
    let result = try run(Tool(on: bus), "list")
    #expect(result.status == 69)
    #expect(result.error.hasPrefix("ongoingcallctl: ongoingcalld could not be started: "))
    #expect(result.error.contains("journalctl --user -u ongoingcalld"))
    #expect(result.error.contains("systemctl --user reset-failed ongoingcalld"))
    #expect(result.error.contains("; to end calls without it: systemctl --user stop 'app-ongoingcall-*'"))
  }

  /// The bus waits for it, and does not know that it will not come.
  @Test func theDaemonsUnitHasFailed() throws {
    let bus = try PrivateBus(services: [BusName.service: "/bin/sleep 60"])
    let manager = try ScriptedDaemon(on: bus, owning: "org.freedesktop.systemd1")
    manager.on("LoadUnit") { _ in [.reply([.objectPath("/unit")])] }
    manager.on("Get") { request in
      let value: BusValue =
        switch request.arguments[1].asString {
        case "ActiveState": .string("failed")
        case "Result": .string("start-limit-hit")
        default: .uint32(500)
        }
      return [.reply([.variant(value)])]
    }
    let result = try run(Tool(on: bus), "list")
    #expect(result.status == 69)
    #expect(
      result.error.hasPrefix(
        "ongoingcallctl: ongoingcalld could not be started: its unit ongoingcalld.service failed "
          + "(start-limit-hit), after 500 restarts\n"))
  }

  @Test func theBusIsNotTheServiceManagers() throws {
    let bus = try PrivateBus(services: [BusName.service: "/bin/false"])
    let result = try run(Tool(on: bus), "list")
    #expect(result.status == 69)
    #expect(result.error.contains("it is not the bus of your systemd manager"))
    #expect(result.error.contains("DBUS_SESSION_BUS_ADDRESS=unix:path=$XDG_RUNTIME_DIR/bus"))
    #expect(try run(Tool(on: bus), "list --json").errorJSON?.error?.name == "foreign-bus")
  }

  @Test func theDaemonDiesWhileItIsAsked() throws {
    let bus = try PrivateBus()
    let daemon = try ScriptedDaemon(on: bus)
    daemon.on("GetManagedObjects") { _ in [.vanish] }
    // The question is put again, and then nobody is there to start one.
    let result = try run(Tool(on: bus), "list")
    #expect(result.status == 69)
    #expect(result.error.hasPrefix("ongoingcallctl: ongoingcalld is not installed"))
  }

  @Test func theDaemonDiesAndIsThereAgain() throws {
    let bus = try PrivateBus(services: [BusName.service: "/bin/true"])
    let daemon = try ScriptedDaemon(on: bus)
    let session: [String: BusValue] = ["State": .string("joined"), "Title": .string("Stand-up")]
    daemon.on("Launch") { request in
      guard request.earlier > 0 else { return [.change("abcd0000", session), .restart] }
      return [.reply([.objectPath(BusName.sessionPath("abcd0000"))])]
    }
    let result = try run(Tool(on: bus), "launch sip:a@example.org")
    #expect(result.status == 0)
    #expect(result.output.hasPrefix("abcd0000 joined"))
    #expect(result.error == "")
    #expect(Set(daemon.requests("Launch").map { $0.arguments[0].asDictionary?["token"]?.asString }).count == 1)
  }

  @Test func theDaemonNeverAnswers() throws {
    let bus = try PrivateBus()
    let daemon = try ScriptedDaemon(on: bus)
    daemon.on("GetManagedObjects") { _ in [] }
    let result = try run(Tool(on: bus), "list --timeout 1")
    #expect(result.status == 75)
    #expect(result.error.hasPrefix("ongoingcallctl: ongoingcalld did not answer GetManagedObjects within 1 s\n"))
    #expect(try run(Tool(on: bus), "list --timeout 1 --json").errorJSON?.error?.name == "timed-out")
  }

  @Test func theAnswerMakesNoSense() throws {
    let bus = try PrivateBus()
    let daemon = try ScriptedDaemon(on: bus)
    daemon.on("GetManagedObjects") { _ in [.reply([.uint32(1)])] }
    let result = try run(Tool(on: bus), "list")
    #expect(result.status == 1)
    #expect(result.error.contains("something other than objects"))
  }

  // MARK: The command line as such

  @Test func help() throws {
    let tool = Tool([:])
    let result = try run(tool, "--help")
    #expect(result.status == 0)
    for line in ["   0  success", "   2  launch: ", "  64  ", "  66  ", "  69  ", "  74  ", "  75  "] {
      #expect(result.output.contains("\n" + line))
    }
    for verb in ["launch", "abort", "hangup", "status", "list", "mute", "unmute", "hold", "resume", "dtmf"] {
      #expect(result.output.contains("\n  \(verb) "))
      #expect(try run(tool, "\(verb) --help").status == 0)
      #expect(try run(tool, "help \(verb)").output.contains("ongoingcallctl \(verb)"))
    }
    #expect(try run(tool, "--version").output == "0.1.0\n")
  }

  @Test func aVerbThatIsNone() throws {
    let result = try run(Tool([:]), "stauts")
    #expect(result.status == 64)
    #expect(
      result.error.hasPrefix(
        "ongoingcallctl: unknown verb “stauts”; did you mean “status”?\n  the verbs are launch, abort"))
    #expect(try run(Tool([:]), "xyzzy").error.hasPrefix("ongoingcallctl: unknown verb “xyzzy”\n"))
    #expect(try run(Tool([:]), "stauts --json").errorJSON?.error?.name == "usage")
  }

  // MARK: Nobody who reads

  @Test func aClosedPipeEndsItQuietly() throws {
    let bus = try PrivateBus()
    let daemon = try ScriptedDaemon(on: bus)
    daemon.set("abcd0000", [:])
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    close(ends[0])
    defer { close(ends[1]) }
    let result = try Tool(on: bus).run([Array("list".utf8)], output: ends[1])
    #expect(result.status == -SIGPIPE)
    #expect(result.error == "")
  }

  @Test func aClosedOutputIsNotTheBus() throws {
    let bus = try PrivateBus()
    let daemon = try ScriptedDaemon(on: bus)
    daemon.on("GetAll") { request in
      [
        .reply([.dictionary(request.earlier < 3 ? [:] : ["JoinedAt": .uint64(1)])]),
        .event("abcd0000", "session-joined"),
      ]
    }
    let result = try Tool(on: bus).run(["launch", "--wait", "sip:a@example.org"].map { Array($0.utf8) }, output: -1)
    #expect(result.status == 74)
    #expect(result.error == "ongoingcallctl: cannot write the output: Bad file descriptor\n")
    // The bus throws a client out that writes anything else to it.
    #expect(Set(daemon.requests("GetAll").map(\.sender)).count == 1)
  }

  @Test(arguments: ["list", "status", "list --json", "--help", "--version"])
  func aClosedOutputIsAnError(verb: String) throws {
    let bus = try PrivateBus()
    let daemon = try ScriptedDaemon(on: bus)
    daemon.set("abcd0000", [:])
    let result = try Tool(on: bus).run(verb.split(separator: " ").map { Array($0.utf8) }, output: -1)
    #expect(result.status == 74)
    #expect(result.error.contains("cannot write the output: Bad file descriptor"))
  }

  @Test func aFullDisk() throws {
    let bus = try PrivateBus()
    let daemon = try ScriptedDaemon(on: bus)
    daemon.set("abcd0000", [:])
    let full = open("/dev/full", O_WRONLY | O_CLOEXEC)
    defer { close(full) }
    let result = try Tool(on: bus).run([Array("list".utf8)], output: full)
    #expect(result.status == 74)
    #expect(result.error == "ongoingcallctl: cannot write the output: No space left on device\n")
    // Who cannot be told the answer is told what has become of the call.
    let ended = try Tool(on: bus).run(["abort", "abcd0000"].map { Array($0.utf8) }, output: full)
    #expect(ended.status == 74)
    #expect(ended.error.contains("No space left on device; the call abcd0000 is "))
  }
}

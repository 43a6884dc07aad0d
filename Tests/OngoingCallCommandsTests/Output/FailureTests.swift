// SPDX-License-Identifier: Apache-2.0
import CallModel
import Glibc
import OngoingCall
import OngoingCallTestSupport
import Testing

/// No bus, no daemon, no answer, nobody who reads.
@Suite struct FailureTests {
  static let verbs = ["launch sip:a@example.org", "abort", "hangup abcd0000", "status", "list", "mute", "dtmf 1"]

  @Test(arguments: verbs)
  func noSessionBus(verb: String) throws {
    for environment in [
      [:], ["DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent"], ["XDG_RUNTIME_DIR": "/nonexistent"],
    ] {
      let result = try Tool(environment).run(line: verb)
      #expect(result.status == 69)
      #expect(result.output == "")
      #expect(result.error.hasPrefix("ongoingcallctl: there is no session bus: "))
      #expect(result.error.contains("\n  log in to a session that has one"))
    }
    #expect(try Tool([:]).run(line: verb + " --json").errorJSON?.error?.name == "no-session-bus")
  }

  @Test(arguments: verbs)
  func theDaemonIsNotInstalled(verb: String) throws {
    let bus = try PrivateBus()
    let result = try Tool(on: bus).run(line: verb)
    #expect(result.status == 69)
    #expect(result.error.hasPrefix("ongoingcallctl: ongoingcalld is not installed"))
    #expect(result.error.contains("packaging/install"))
    #expect(result.error.contains("systemctl --user status ongoingcalld"))
    #expect(result.error.contains("; to end calls without it: systemctl --user stop 'app-ongoingcall-*'"))
    #expect(try Tool(on: bus).run(line: verb + " --json").errorJSON?.error?.name == "not-installed")
  }

  @Test func theDaemonDoesNotStart() throws {
    let bus = try PrivateBus(services: [BusName.service: "/bin/false"])
    // Whoever has the service manager's name.
    let manager = try ScriptedDaemon(on: bus, owning: "org.freedesktop.systemd1")
    manager.on("LoadUnit") { _ in [.fail("org.freedesktop.DBus.Error.AccessDenied", "no")] }
    let result = try Tool(on: bus).run(line: "list")
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
    let result = try Tool(on: bus).run(line: "list")
    #expect(result.status == 69)
    #expect(
      result.error.hasPrefix(
        "ongoingcallctl: ongoingcalld could not be started: its unit ongoingcalld.service failed "
          + "(start-limit-hit), after 500 restarts\n"))
  }

  @Test func theBusIsNotTheServiceManagers() throws {
    let bus = try PrivateBus(services: [BusName.service: "/bin/false"])
    let result = try Tool(on: bus).run(line: "list")
    #expect(result.status == 69)
    #expect(result.error.contains("it is not the bus of your systemd manager"))
    #expect(result.error.contains("DBUS_SESSION_BUS_ADDRESS=unix:path=$XDG_RUNTIME_DIR/bus"))
    #expect(try Tool(on: bus).run(line: "list --json").errorJSON?.error?.name == "foreign-bus")
  }

  @Test func theDaemonDiesWhileItIsAsked() throws {
    let fixture = try DaemonFixture()
    fixture.daemon.on("GetManagedObjects") { _ in [.vanish] }
    // The question is put again, and then nobody is there to start one.
    let result = try fixture.tool.run(line: "list")
    #expect(result.status == 69)
    #expect(result.error.hasPrefix("ongoingcallctl: ongoingcalld is not installed"))
  }

  @Test func theDaemonDiesAndIsThereAgain() throws {
    let fixture = try DaemonFixture(startedBy: "/bin/true")
    let session: [String: BusValue] = ["State": .string("joined"), "Title": .string("Stand-up")]
    fixture.daemon.on("Launch") { request in
      guard request.earlier > 0 else { return [.change("abcd0000", session), .restart] }
      return [.reply([.objectPath(BusName.sessionPath("abcd0000"))])]
    }
    let result = try fixture.tool.run(line: "launch sip:a@example.org")
    #expect(result.status == 0)
    #expect(result.output.hasPrefix("abcd0000 joined"))
    #expect(result.error == "")
    #expect(Set(fixture.daemon.requests("Launch").map { $0.arguments[0].asDictionary?["token"]?.asString }).count == 1)
  }

  @Test(arguments: ["list", "status --format plain", "hangup --all", "mute", "watch abcd0000"])
  func theBusHangs(verb: String) async throws {
    let fixture = try DaemonFixture(call: DaemonFixture.standUp)
    try await fixture.bus.whileStopped {
      let result = try fixture.tool.run(line: verb + " --timeout 1")
      #expect(result.status == 75)
      #expect(result.error.hasPrefix("ongoingcallctl: the session bus did not answer within 1 s\n"))
      #expect(result.error.contains("to end calls without it: systemctl --user stop 'app-ongoingcall-*'"))
    }
  }

  @Test func theNameIsAnothers() throws {
    let fixture = try DaemonFixture()
    for member in ["GetAll", "GetManagedObjects"] {
      fixture.daemon.on(member) { _ in [.fail("org.freedesktop.DBus.Error.UnknownMethod", "no such object")] }
    }
    let result = try fixture.tool.run(line: "hangup --json abcd")
    #expect(result.status == 69)
    #expect(result.errorJSON?.error?.name == "name-taken")
    #expect(result.errorJSON?.error?.message.contains("belongs to process \(getpid())") == true)
  }

  @Test func theDaemonNeverAnswers() throws {
    let fixture = try DaemonFixture()
    fixture.daemon.on("GetManagedObjects") { _ in [] }
    let result = try fixture.tool.run(line: "list --timeout 1")
    #expect(result.status == 75)
    #expect(result.error.hasPrefix("ongoingcallctl: ongoingcalld did not answer GetManagedObjects within 1 s\n"))
    #expect(try fixture.tool.run(line: "list --timeout 1 --json").errorJSON?.error?.name == "timed-out")
  }

  @Test func theAnswerMakesNoSense() throws {
    let fixture = try DaemonFixture()
    fixture.daemon.on("GetManagedObjects") { _ in [.reply([.uint32(1)])] }
    let result = try fixture.tool.run(line: "list")
    #expect(result.status == 1)
    #expect(result.error.contains("something other than objects"))
  }

  // MARK: The command line as such

  @Test func help() throws {
    let tool = Tool([:])
    let result = try tool.run(line: "--help")
    #expect(result.status == 0)
    for line in ["   0  success", "   2  launch: ", "  64  ", "  66  ", "  69  ", "  74  ", "  75  "] {
      #expect(result.output.contains("\n" + line))
    }
    for verb in ["launch", "abort", "hangup", "status", "list", "mute", "unmute", "hold", "resume", "dtmf"] {
      #expect(result.output.contains("\n  \(verb) "))
      #expect(try tool.run(line: "\(verb) --help").status == 0)
      #expect(try tool.run(line: "help \(verb)").output.contains("ongoingcallctl \(verb)"))
    }
    #expect(try tool.run(line: "--version").output == "0.1.0\n")
  }

  @Test func aVerbThatIsNone() throws {
    let result = try Tool([:]).run(line: "stauts")
    #expect(result.status == 64)
    #expect(
      result.error.hasPrefix(
        "ongoingcallctl: unknown verb “stauts”; did you mean “status”?\n  the verbs are launch, open, abort"))
    #expect(try Tool([:]).run(line: "help xyzzy").status == 64)
    #expect(try Tool([:]).run(line: "help xyzzy").error.hasPrefix("ongoingcallctl: unknown verb “xyzzy”\n"))
    #expect(try Tool([:]).run(line: "help status").output.contains("ongoingcallctl status"))
    #expect(try Tool([:]).run(line: "help").status == 0)
    #expect(try Tool([:]).run(line: "xyzzy").error.hasPrefix("ongoingcallctl: unknown verb “xyzzy”\n"))
    #expect(try Tool([:]).run(line: "stauts --json").errorJSON?.error?.name == "usage")
  }

  @Test(arguments: ["bash", "zsh", "fish"])
  func shellsKnowTheVerbsAfterHelp(shell: String) throws {
    let script = try Tool([:]).run("--generate-completion-script", shell)
    #expect(script.status == 0)
    let words = "launch open abort hangup status"
    let parts = ["bash": "-W '\(words)", "zsh": "'*:subcommands:(\(words)", "fish": "help\" -eq 1' -fa '\(words)"]
    // In bash the first is of the command line's beginning.
    let count = script.output.split(separator: parts[shell] ?? "", omittingEmptySubsequences: false).count
    #expect(count == (shell == "bash" ? 3 : 2))
  }

  // MARK: Nobody who reads

  @Test func aClosedPipeEndsItQuietly() throws {
    let result = try DaemonFixture(call: [:]).tool.runUnread("list")
    #expect(result.status == -SIGPIPE)
    #expect(result.error == "")
  }

  @Test func aClosedOutputIsNotTheBus() throws {
    let fixture = try DaemonFixture()
    fixture.daemon.on("GetAll") { request in
      [
        .reply([.dictionary(request.earlier < 3 ? [:] : ["JoinedAt": .uint64(1)])]),
        .event("abcd0000", "session-joined"),
      ]
    }
    let result = try fixture.tool.run(line: "launch --wait sip:a@example.org", output: -1)
    #expect(result.status == 74)
    #expect(
      result.error
        == "ongoingcallctl: cannot write the output: Bad file descriptor; the call abcd0000 was launched\n")
    // The bus throws a client out that writes anything else to it.
    #expect(Set(fixture.daemon.requests("GetAll").map(\.sender)).count == 1)
  }

  @Test(arguments: ["list", "status", "list --json", "--help", "--version"])
  func aClosedOutputIsAnError(verb: String) throws {
    let result = try DaemonFixture(call: [:]).tool.run(line: verb, output: -1)
    #expect(result.status == 74)
    #expect(result.error.contains("cannot write the output: Bad file descriptor"))
  }

  @Test func aFullDisk() throws {
    let fixture = try DaemonFixture(call: [:])
    let tool = fixture.tool
    for name in ["CreateNotificationChannel", "DeleteNotificationChannel"] {
      fixture.daemon.on(name) { _ in [.reply([])] }
    }
    let full = open("/dev/full", O_WRONLY | O_CLOEXEC)
    defer { close(full) }
    let result = try tool.run(line: "list", output: full)
    #expect(result.status == 74)
    #expect(result.error == "ongoingcallctl: cannot write the output: No space left on device\n")
    // Who cannot be told the answer is told what was done.
    for (line, done) in [
      ("send-keys x", "abcd0000 got the keys"), ("--json mute abcd0000", "abcd0000 unknown, muted"),
      ("return", "abcd0000 has nothing to return to"), ("channel create a", "a “a”: importance default"),
      ("channel delete a", "a deleted"), ("abort --all", "abcd0000 ended: aborted"),
      ("abort abcd0000", "abcd0000 ended: aborted"),
    ] {
      let result = try tool.run(line: line, output: full)
      #expect(result.status == 74)
      #expect(result.error.contains("No space left on device; \(done)"), "\(line): \(result.error)")
    }
    let channels = try tool.run(line: "channel", output: full)
    #expect(channels.error == "ongoingcallctl: cannot write the output: No space left on device\n")
  }
}

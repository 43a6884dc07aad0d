// SPDX-License-Identifier: Apache-2.0
import CallModel
import CallNotification
import Systemd
import Testing

@testable import OngoingCallDaemon

@Suite struct ReturnTargetTests {
  let engines = EngineFolder()

  private func spec(_ options: (String, BusValue)...) throws(CallRefusal) -> LaunchSpec {
    try LaunchOptions([("command", .strings([engines.program]))] + options).spec(engines.catalog)
  }

  private func problem(_ option: String, _ value: BusValue) -> CallRefusal? {
    do throws(CallRefusal) {
      _ = try spec((option, value))
      return nil
    } catch { return error }
  }

  private func application(_ name: String, _ path: String = "/org/example/App") -> BusValue {
    .structure([.string(name), .objectPath(path)])
  }

  @Test func bothMayBeGiven() throws {
    let spec = try spec(
      ("return-dbus", application("org.example.App")), ("return-command", .strings(["sh", "-c", "$HOME", ""])))
    let command = try #require(spec.returnTarget?.command)
    #expect(command[0].hasPrefix("/") && command[0].hasSuffix("/sh") && command[1...] == ["-c", "$HOME", ""])
    #expect(spec.returnTarget?.application == .init(name: "org.example.App", path: "/org/example/App"))
    #expect(CallReturner.ways(back: spec).map(\.name) == [.dbus, .command])
  }

  @Test func aTerminalIsTheLastOfTheWays() throws {
    let spec = try spec(("terminal", .bool(true)), ("return-command", .strings([engines.program])))
    #expect(CallReturner.ways(back: spec) == [.command([engines.program]), .terminal])
    #expect(CallReturner.ways(back: try self.spec(("terminal", .bool(true)))) == [.terminal])
    #expect(CallReturner.ways(back: try self.spec()) == [])
  }

  @Test func whatIsKnownOfReturning() throws {
    #expect(try spec().canBeReturnedTo == false)
    #expect(try spec(("terminal", .bool(true))).canBeReturnedTo)
    #expect(try spec(("application-id", .string("org.example.App"))).canBeReturnedTo)
    #expect(try spec(("return-dbus", application(":1.5"))).canBeReturnedTo)
  }

  @Test(arguments: ["", "org", "org..App", ".org.App", "org.example.App ", "org.example/App", "org.2example.App", ":1"])
  func aNameThatIsNone(_ name: String) {
    #expect(
      problem("return-dbus", application(name))
        == .invalidOption("return-dbus", "its first string is not a D-Bus name"))
  }

  @Test func aCommandThatCannotBe() {
    let option = "return-command"
    #expect(problem(option, .strings([])) == .invalidOption(option, "it names no program"))
    #expect(problem(option, .strings([""])) == .invalidOption(option, "it names no program"))
    #expect(
      problem(option, .strings(["bin/engine"]))
        == .invalidOption(option, "“bin/engine” is neither an absolute path nor a plain name"))
    #expect(
      problem(option, .strings(["/nonexistent/x"]))
        == .invalidOption(option, "“/nonexistent/x” does not exist, or is not an executable file"))
    #expect(
      problem(option, .strings([engines.program] + Array(repeating: "x", count: 64)))
        == .invalidOption(option, "it has 65 strings; at most 64 are allowed"))
    #expect(
      problem(option, .strings([engines.program, String(repeating: "x", count: 8192)]))?.message.contains(
        "at most 8192 are allowed") == true)
  }

  // MARK: The token

  @Test func eitherKeyCountsForBoth() throws {
    let both: [(String, BusValue)] = [
      ("cwd", .string("/")), ("desktop-startup-id", .string("b")), ("activation-token", .string("a")),
    ]
    #expect(try ActivationToken(platformData: both)?.text == "a")
    #expect(try ActivationToken(platformData: Array(both.prefix(2)))?.text == "b")
    #expect(try ActivationToken(platformData: Array(both.prefix(1))) == nil)
    #expect(try ActivationToken(platformData: [("activation-token", .string("")), both[1]])?.text == "b")
  }

  @Test(arguments: ["a\nb", "\u{1B}[2J", "\u{7F}", String(repeating: "x", count: 1025)])
  func aTokenThatIsNone(_ text: String) {
    #expect(ActivationToken(text) == nil)
    #expect(throws: CallRefusal.self) { _ = try ActivationToken(platformData: [("activation-token", .string(text))]) }
    #expect(throws: CallRefusal.invalidOption("activation-token", "its type is u; it must be s")) {
      _ = try ActivationToken(platformData: [("activation-token", .uint32(1))])
    }
  }

  // MARK: To call again

  @Test func theCommandToCallAgainIsOneOfAShell() throws {
    var spec = try spec()
    spec.uri = "sip:a@example.org;transport=tcp"
    #expect(spec.commandToCallAgain == "ongoingcallctl launch 'sip:a@example.org;transport=tcp'")
    (spec.uri, spec.command) = (nil, ["/bin/echo", "it's", "", "$HOME", "plain-1.0"])
    #expect(spec.commandToCallAgain == #"ongoingcallctl launch -- /bin/echo 'it'\''s' '' '$HOME' plain-1.0"#)
    spec.command = ["/bin/echo", String(repeating: "x", count: 200)]
    #expect(spec.commandToCallAgain == nil)
  }
}

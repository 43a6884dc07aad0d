// SPDX-License-Identifier: Apache-2.0
import CallModel
import EngineChannel
import Glibc
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

@Suite struct LaunchOptionsTests {
  let engines = EngineFolder()

  /// A command that can be run.
  private var command: (String, BusValue) { ("command", .strings([engines.program])) }

  private func spec(_ options: (String, BusValue)...) throws(CallRefusal) -> LaunchSpec { try spec(options) }

  private func spec(_ options: [(String, BusValue)]) throws(CallRefusal) -> LaunchSpec {
    try LaunchOptions(options).spec(engines.catalog)
  }

  private func problem(_ options: (String, BusValue)...) -> CallRefusal? { problem(options) }

  private func problem(_ options: [(String, BusValue)]) -> CallRefusal? {
    do throws(CallRefusal) {
      _ = try spec(options)
      return nil
    } catch { return error }
  }

  // MARK: Names and types

  private static let types = [
    "uri": "s", "command": "as", "terminal": "b", "terminal-columns": "u", "terminal-rows": "u",
    "working-directory": "s", "environment": "as", "engine": "s",
    "engine-settings": "a{ss}", "title": "s", "name": "s", "application-id": "s", "token": "s", "launch-timeout": "u",
    "start-muted": "b", "reconnect-timeout": "u", "alone-timeout": "u", "inhibit-sleep": "b",
    "inhibit-lid-switch": "b", "pause-players": "b", "linger": "b", "notification": "a{sv}", "channel": "s",
    "return-dbus": "(so)", "return-command": "as", "adopt-pid": "u",
    "adopt-pidfd": "h", "hang-up-grace": "u", "microphone": "s", "speaker": "s", "account": "s",
  ]

  private static let values: [BusValue] = [
    .string("x"), .strings(["x"]), .bool(true), .uint32(1), .int32(1), .uint64(1), .double(1), .byte(1),
    .objectPath("/x"), .signature("s"), .array([], of: "{ss}"), .array([], of: "{sv}"), .array([], of: "o"),
    .array([], of: "as"), .structure([.string("x")]),
    .structure([.string("x"), .objectPath("/x")]), .variant(.string("x")), .descriptor(BusDescriptor(borrowing: 0)),
  ]

  @Test(arguments: types.keys.sorted())
  func anOptionHasOneType(_ name: String) throws {
    let type = try #require(Self.types[name])
    #expect(Self.values.contains { $0.signature == type })
    for value in Self.values {
      let error = #expect(throws: CallRefusal.self) { _ = try LaunchOptions([(name, value), (name, value)]) }
      // The right type is noticed by the next problem.
      let problem = value.signature == type ? "it is given twice" : "its type is \(value.signature); it must be \(type)"
      #expect(error == .invalidOption(name, problem))
    }
  }

  @Test(arguments: ["URI", "uri ", "", "adopt", "notifications", "command\u{0}", "\u{1B}[2J"])
  func anUnknownOptionIsNamed(_ name: String) throws {
    let known = Self.types.keys.sorted().joined(separator: ", ")
    let error = problem(command, (name, .string("x")))
    #expect(error == .invalidOption(name, "unknown option; the options are \(known)"))
    #expect(error?.message.unicodeScalars.contains { $0.value < 32 } == false)
  }

  @Test func anOptionWithALongNameIsNamedInPart() {
    let name = String(repeating: "x", count: 100_000)
    let message = problem((name, .string("x")))?.message ?? ""
    #expect(message.hasPrefix("option “" + String(repeating: "x", count: 64) + "”: "))
    #expect(message.utf8.count < 600)
  }

  // MARK: What the call is

  @Test func anAddressOrACommandButNotBothAndNotNeither() {
    #expect(problem([]) == .invalidOption("uri", "give an address to call, or a “command” to run"))
    #expect(
      problem(("title", .string("x"))) == .invalidOption("uri", "give an address to call, or a “command” to run"))
    #expect(
      problem(command, ("uri", .string("sip:a@example.org")))
        == .invalidOption("command", "give an address or a command, not both"))
    #expect(
      problem(("command", .strings([])), ("uri", .string("")))
        == .invalidOption("command", "give an address or a command, not both"))
  }

  @Test(arguments: ["terminal", "working-directory", "environment"])
  func someOptionsGoWithACommandOnly(_ name: String) throws {
    let value: BusValue =
      switch Self.types[name] {
      case "b": .bool(false)
      case "as": .strings([])
      default: .string("/")
      }
    #expect(
      problem(("uri", .string("sip:a@example.org")), (name, value))
        == .invalidOption(name, "only for programs, not for addresses"))
  }

  @Test func anAddressIsCalledByTheEngineOfItsScheme() throws {
    let spec = try spec(("uri", .string("SIP:a@example.org")))
    #expect(spec.engine.name == "sip")
    #expect(spec.engine.command == [engines.program, "-x"])
    #expect(spec.uri == "SIP:a@example.org")
    #expect(spec.command == nil)
    #expect(spec.title == "SIP:a@example.org")
    #expect(spec.workingDirectory == nil)
    #expect(spec.launchTimeout == 120)
    #expect(spec.token == nil)
    #expect(!spec.startMuted && !spec.terminal)
    #expect(spec.join == .init(uri: "SIP:a@example.org", title: spec.title))
  }

  @Test func soundDevicesAreSettingsOfTheEngine() throws {
    let uri = ("uri", BusValue.string("sip:a@example.org"))
    engines.install(
      EngineDescriptor(
        name: "sip", command: [engines.program], schemes: ["sip"], settings: ["microphone", "speaker", "identity"]))
    let setting = BusValue.array([.entry(.string("microphone"), .string("b"))], of: "{ss}")
    let chosen = try spec(uri, ("microphone", .string("a mic")), ("speaker", .string("")))
    #expect(chosen.join.settings == ["microphone": "a mic"])
    #expect(
      problem(uri, ("microphone", .string("a")), ("engine-settings", setting))
        == .invalidOption("microphone", "it is given as an engine's setting, too"))
    #expect(
      problem(uri, ("speaker", .string(String(repeating: "s", count: 513))))
        == .invalidOption("speaker", "it is 513 bytes long; at most 512 are allowed"))
    #expect(
      problem(command, ("speaker", .string("s")))
        == .invalidOption(
          "speaker", "the engine “command” does not let it be chosen (it lacks the setting)"))
  }

  @Test func anAddressThatIsNoneIsRefused() {
    for text in ["", "sip:", "nonsense", "sip:a b@example.org", "sip:a@example.org\n", "sip:a:b@example.org"] {
      guard case .invalidOption("uri", _) = problem(("uri", .string(text))) else {
        Issue.record("“\(text)” was taken")
        continue
      }
    }
    let longest = "sip:a@example.org;x=" + String(repeating: "x", count: 2048 - 20)
    #expect(problem(("uri", .string(longest))) == nil)
    #expect(
      problem(("uri", .string(longest + "x")))
        == .invalidOption("uri", "the address is 2049 bytes long; at most 2048 are allowed"))
  }

  @Test func aSchemeThatNobodyTakesIsRefused() {
    #expect(
      problem(("uri", .string("h323:a@example.org")))
        == .engineNotFound("no engine handles “h323:” addresses; installed engines handle room:, sip:, sips:"))
  }

  @Test func anEngineWithoutItsProgramIsRefused() {
    #expect(
      problem(("uri", .string("room:a"))) == .engineNotFound("the engine “rooms” has no program at /nonexistent/rooms"))
  }

  // MARK: The engine

  @Test func anEngineMayBeNamed() throws {
    #expect(try spec(command, ("engine", .string("plain"))).engine.name == "plain")
    #expect(try spec(command).engine.name == "command")
    #expect(try spec(("uri", .string("sips:a@example.org")), ("engine", .string("sip"))).engine.name == "sip")
  }

  @Test func anEngineThatDoesNotDoThisIsRefused() {
    #expect(
      problem(command, ("engine", .string("sip")))
        == .invalidOption("engine", "the engine “sip” does not run commands"))
    #expect(
      problem(("uri", .string("sip:a@example.org")), ("engine", .string("command")))
        == .invalidOption("engine", "the engine “command” does not call “sip:” addresses"))
    #expect(
      problem(command, ("engine", .string("plain")), ("terminal", .bool(true)))
        == .invalidOption("terminal", "the engine “plain” cannot do this (it lacks “terminal”)"))
    #expect(problem(command, ("engine", .string("plain")), ("terminal", .bool(false))) == nil)
  }

  /// Nobody may believe that the microphone is off because the daemon took the option.
  @Test func onlyAnEngineThatCanMuteStartsMuted() throws {
    #expect(
      problem(command, ("start-muted", .bool(true)))
        == .invalidOption("start-muted", "the engine “command” cannot do this (it lacks “mute”)"))
    #expect(problem(command, ("start-muted", .bool(false))) == nil)
    #expect(try spec(command, ("engine", .string("plain")), ("start-muted", .bool(true))).startMuted)
    let call = try spec(("uri", .string("sip:a@example.org")), ("start-muted", .bool(true)))
    #expect(call.startMuted && call.join.muted)
  }

  @Test(arguments: ["", "nobody", "\u{1B}[2J", "../../etc/passwd", String(repeating: "x", count: 5000)])
  func anEngineThatIsNotThereIsRefused(_ name: String) {
    let shown = DisplayText(String(name.prefix(64)))
    #expect(
      problem(command, ("engine", .string(name)))
        == .engineNotFound("there is no engine “\(shown)”; installed: command, plain, rooms, sip"))
  }

  @Test func settingsAreThoseOfTheEngine() throws {
    func settings(_ pairs: (String, String)...) -> (String, BusValue) {
      ("engine-settings", .array(pairs.map { .entry(.string($0.0), .string($0.1)) }, of: "{ss}"))
    }
    let call = ("uri", BusValue.string("sip:a@example.org"))
    #expect(try spec(call, settings()).settings == [:])
    let spec = try spec(call, settings(("identity", "sip:me@example.org"), ("transport", "")))
    #expect(spec.settings == ["identity": "sip:me@example.org", "transport": ""])
    #expect(spec.join.settings == spec.settings)
    #expect(
      problem(call, settings(("identity", ""), ("pass\nword", "")))
        == .invalidOption(
          "engine-settings", "the engine “sip” has no setting “pass word”; it has identity, transport, tone-file"))
    #expect(
      problem(command, settings(("identity", "")))
        == .invalidOption("engine-settings", "the engine “command” has no setting “identity”; it has none"))
    #expect(problem(call, settings(("identity", String(repeating: "x", count: 4096)))) == nil)
    #expect(problem(call, settings(("tone-file", "/a.wav"))) == nil)
    #expect(
      problem(call, settings(("tone-file", "a.wav")))
        == .invalidOption(
          "engine-settings", "the setting tone-file must be an absolute path, which “a.wav” is not"))
    #expect(
      problem(call, settings(("identity", String(repeating: "x", count: 4097))))
        == .invalidOption("engine-settings", "it is 4097 bytes long; at most 4096 are allowed"))
  }

  // MARK: The rest

  @Test(arguments: [
    ("title", 256), ("token", 128), ("application-id", 255),
  ])
  func textIsBounded(_ option: String, _ bytes: Int) throws {
    #expect(problem(command, (option, .string(String(repeating: "x", count: bytes)))) == nil)
    #expect(
      problem(command, (option, .string(String(repeating: "x", count: bytes + 1))))
        == .invalidOption(option, "it is \(bytes + 1) bytes long; at most \(bytes) are allowed"))
    // Bytes, not characters.
    #expect(
      problem(command, (option, .string(String(repeating: "ü", count: bytes))))
        == .invalidOption(option, "it is \(bytes * 2) bytes long; at most \(bytes) are allowed"))
  }

  @Test(arguments: [
    ("Stand-up", "Stand-up"), ("  two\nlines\t\r\n", "two lines"), ("\u{1B}]0;evil\u{7}", "]0;evil"),
    ("\u{202E}txt.exe\u{200F}", "txt.exe"), ("<b>&amp;</b> “q”", "<b>&amp;</b> “q”"), ("%n $HOME", "%n $HOME"),
    ("", "engine"), (" \n\u{200E} ", "engine"),
  ])
  func aTitleIsSafeToShow(_ title: String, _ shown: String) throws {
    #expect(try spec(command, ("title", .string(title))).title == shown)
  }

  @Test func anApplicationIDHasFewCharacters() throws {
    #expect(try spec(command).applicationID == "")
    #expect(try spec(command, ("application-id", .string(""))).applicationID == "")
    #expect(
      try spec(command, ("application-id", .string("org.example.My_App-2"))).applicationID == "org.example.My_App-2")
    for id in ["a/b", "a b", "a\n", "ä", "../x", "a%n", "a\u{200F}"] {
      #expect(
        problem(command, ("application-id", .string(id)))
          == .invalidOption("application-id", "it may contain only letters, digits, “-”, “.” and “_”"))
    }
  }

  @Test func aTokenIsNotEmpty() throws {
    #expect(problem(command, ("token", .string(""))) == .invalidOption("token", "it is empty"))
    #expect(try spec(command, ("token", .string("a\n“b”"))).token == "a\n“b”")
  }

  @Test(
    arguments: ["launch-timeout", "reconnect-timeout"],
    [(0, false), (1, true), (3600, true), (3601, false), (UInt32.max, false)])
  func aTimeoutHasARange(_ option: String, _ value: (seconds: UInt32, isValid: Bool)) throws {
    let options = [command, (option, BusValue.uint32(value.seconds))]
    if value.isValid {
      let spec = try spec(options)
      #expect((option == "launch-timeout" ? spec.launchTimeout : spec.reconnectTimeout) == value.seconds)
    } else {
      #expect(problem(options) == .invalidOption(option, "must be 1 to 3600 seconds, not \(value.seconds)"))
    }
  }

  @Test func aCallThatNobodyElseIsInMayGoOnForEver() throws {
    #expect(try spec([command]).aloneTimeout == 300)
    #expect(try spec([command, ("alone-timeout", .uint32(0))]).aloneTimeout == 0)
    let tooLong = [command, ("alone-timeout", BusValue.uint32(86401))]
    #expect(problem(tooLong) == .invalidOption("alone-timeout", "must be 0 to 86400 seconds, not 86401"))
  }

  @Test func theMachineIsKeptAwakeUnlessItIsNotTo() throws {
    #expect(try spec([command]).inhibitsSleep)
    #expect(try !spec([command, ("inhibit-sleep", .bool(false))]).inhibitsSleep)
  }

  @Test func whatIsTooLongForAnEngineIsRefused() {
    // Allowed by number of bytes, but in JSON six times as long.
    let argument = String(repeating: "\u{1}", count: 30_000)
    #expect(
      problem(("command", .strings([engines.program, argument])))
        == .invalidOption("command", "the whole of the options is too long for an engine"))
  }
}

// SPDX-License-Identifier: Apache-2.0
import CallModel
import Testing

/// Each row by itself: what is sent is what is read, up to the edge of its bounds and no further.
@Suite struct OptionRowsTests {
  private static func text(_ count: Int) -> BusValue { .string(String(repeating: "x", count: count)) }
  private static func texts(_ count: Int, _ bytes: Int) -> BusValue {
    .strings((0..<count).map { _ in String(repeating: "x", count: bytes) })
  }
  private static let application = BusValue.structure([.string("org.example.App"), .objectPath("/org/example/App")])

  /// Of each option of a launch, values at its edges, and values that are just beyond.
  private static let launch: [String: (fit: [BusValue], unfit: [BusValue])] = [
    "uri": (
      [.string("sip:a@example.org"), .string("030 123"), .string("name")],
      [.string("a@b"), .string("sip:"), .string("")]
    ),
    "command": (
      [texts(256, 128), texts(1, 32 << 10)], [texts(257, 1), texts(1, 32 << 10 + 1), .strings([]), .strings([""])]
    ),
    "adopt-pid": ([.uint32(0), .uint32(.max)], []),
    "adopt-pidfd": ([.descriptor(BusDescriptor(borrowing: 0))], []),
    "engine": ([.string(""), .string("sip")], []),
    "engine-settings": (
      [.stringDictionary(["a": String(repeating: "x", count: 4096), "b": ""])],
      [.stringDictionary(["a": String(repeating: "x", count: 4097)])]
    ),
    "microphone": ([text(0), text(512)], [text(513)]),
    "speaker": ([text(0), text(512)], [text(513)]),
    "title": ([text(1), text(256)], [text(257)]),
    "name": (
      [text(1), text(64), .string("Work_2.b-c"), .string("_a"), .string("7k3m9x2"), .string("7k3m9x2po")],
      [text(0), text(65)]
        + ["-a", ".a", "a b", "a/b", "ä", "7k3m9x2p", "7K3M9X2P", "database"].map(BusValue.string)
    ),
    "application-id": ([text(255), .string("org.example.A_p-1")], [text(256), .string("a b"), .string("ä")]),
    "account": ([text(0), text(1), text(64), .string("Account 1"), .string("_1")], [text(65)]),
    "token": ([text(1), text(128)], [text(0), text(129)]),
    "terminal": ([.bool(true)], []),
    "terminal-columns": ([.uint32(1), .uint32(4096)], [.uint32(0), .uint32(4097)]),
    "terminal-rows": ([.uint32(1), .uint32(4096)], [.uint32(0), .uint32(4097)]),
    "working-directory": ([text(0), text(4096)], [text(4097)]),
    "environment": (
      [.strings((0..<256).map { _ in "A=" }), .strings(["A=" + String(repeating: "x", count: 16 << 10 - 2)])],
      [
        .strings((0..<257).map { _ in "A=" }), .strings(["A=" + String(repeating: "x", count: 16 << 10 - 1)]),
        .strings(["A"]), .strings(["=x"]),
      ]
    ),
    "hang-up-grace": ([.uint32(1), .uint32(60)], [.uint32(0), .uint32(61)]),
    "launch-timeout": ([.uint32(1), .uint32(3600)], [.uint32(0), .uint32(3601)]),
    "reconnect-timeout": ([.uint32(1), .uint32(3600)], [.uint32(0), .uint32(3601)]),
    "alone-timeout": ([.uint32(0), .uint32(86400)], [.uint32(86401)]),
    "inhibit-sleep": ([.bool(true), .bool(false)], []),
    "inhibit-lid-switch": ([.bool(true), .bool(false)], []),
    "pause-players": ([.bool(true), .bool(false)], []),
    "linger": ([.bool(true), .bool(false)], []),
    "start-muted": ([.bool(true)], []),
    "notification": (
      [.dictionary(["title": text(256)]), .dictionary(["ongoing": .bool(false)])], [.dictionary(["title": text(257)])]
    ),
    "channel": ([text(0), text(4096)], [text(4097)]),
    "return-dbus": ([application], []),
    "return-command": (
      [texts(64, 128), texts(1, 8 << 10)], [texts(65, 1), texts(1, 8 << 10 + 1), .strings([]), .strings([""])]
    ),
  ]

  private static let notification: [String: (fit: [BusValue], unfit: [BusValue])] = [
    "icon": (
      [text(255), .string("/" + String(repeating: "x", count: 4095))],
      [text(256), .string("a b"), .string("a/b"), .string("/" + String(repeating: "x", count: 4096))]
    ),
    "title": ([text(1), text(256)], [text(257)]),
    "text": ([text(1), text(1024)], [text(1025)]),
    "priority": (Importance.allCases.map { .string($0.rawValue) }, [.string(""), .string("Max")]),
    "ongoing": ([.bool(false)], []),
    "auto-cancel": ([.bool(true)], []),
    "visibility": (Visibility.allCases.map { .string($0.rawValue) }, [.string("hidden")]),
    "category": ([text(64), .string("x-app.call")], [text(65), .string("."), .string("a."), .string("A")]),
    "actions": (
      [actions((1...3).map { ("\($0)", "L\($0)") }), actions([(key(32), key(64))])],
      [
        actions((1...4).map { ("\($0)", "L\($0)") }), actions([(key(33), "a")]), actions([(key(1), key(65))]),
        actions([("", "a")]), actions([("A", "a")]), actions([("a", " ")]), actions([("a", "b"), ("a", "c")]),
      ]
    ),
    "channel": ([text(0), text(4096)], [text(4097)]),
    "return-dbus": ([application], []),
    "return-command": ([texts(64, 128)], [texts(65, 1)]),
  ]

  private static let channel: [String: (fit: [BusValue], unfit: [BusValue])] = [
    "id": ([text(1), text(128), .string("A-b_c.1")], [text(0), text(129), .string("a b")]),
    "name": ([text(1), text(128)], [text(129)]),
    "importance": ([.string("min"), .string("max")], [.string("urgent")]),
    "lockscreen-visibility": ([.string("secret")], [.string("")]),
    "sound": ([.bool(true), .bool(false)], []),
  ]

  private static func key(_ count: Int) -> String { String(repeating: "x", count: count) }

  private static func actions(_ pairs: [(String, String)]) -> BusValue {
    .array(pairs.map { .structure([.string($0.0), .string($0.1)]) }, of: "(ss)")
  }

  private func expectEdges<Options>(
    of table: OptionTable<Options>, _ new: Options, _ values: [String: (fit: [BusValue], unfit: [BusValue])]
  ) throws {
    #expect(Set(values.keys) == table.names)
    for (name, (fit, unfit)) in values {
      for value in fit {
        try table.check([(name, value)])
        var options = new
        try table.read([(name, value)], into: &options)
        #expect(table.given(in: options).map(\.0) == [name])
        #expect(table.encode(options) == .dictionary([name: value]))
      }
      for value in unfit {
        try table.check([(name, value)])
        var options = new
        let problem = #expect(throws: OptionProblem.self, "\(name): \(value)") {
          try table.read([(name, value)], into: &options)
        }
        #expect(problem?.option.hasPrefix(name) == true)
        #expect(table.given(in: options).isEmpty)
      }
    }
  }

  @Test func ofALaunch() throws { try expectEdges(of: LaunchRequest.table, LaunchRequest(), Self.launch) }

  @Test func ofANotification() throws {
    try expectEdges(of: CustomNotification.table, CustomNotification(), Self.notification)
  }

  @Test func ofAChannel() throws { try expectEdges(of: NotificationChannel.table, ChannelRequest(), Self.channel) }

  @Test func ofDevices() throws {
    let values = Self.launch.filter { ["microphone", "speaker"].contains($0.key) }
    try expectEdges(of: DeviceChoice.table, DeviceChoice(), values)
  }

  @Test func boundsAreOfBytes() {
    let value = BusValue.string(String(repeating: "ü", count: 129))
    #expect(
      throws: OptionProblem("title", "it is 258 bytes long; at most 256 are allowed")
    ) { _ = try LaunchRequest([("title", value)]) }
  }

  // MARK: Names and types

  @Test func anOptionHasOneTypeAndIsThereOnce() {
    for (name, (fit, _)) in Self.launch {
      let table = LaunchRequest.table
      #expect(throws: OptionProblem(name, "it is given twice")) { try table.check([(name, fit[0]), (name, fit[0])]) }
      for (other, values) in Self.launch where table[other]?.type != table[name]?.type {
        let types = "its type is \(table[other]?.type ?? ""); it must be \(table[name]?.type ?? "")"
        #expect(throws: OptionProblem(name, types)) { try table.check([(name, values.fit[0])]) }
      }
    }
  }

  @Test func whatIsUnknownIsNamedWithWhatIsKnown() {
    #expect(
      throws: OptionProblem(
        "x", "unknown option; the options are id, importance, lockscreen-visibility, name, sound")
    ) { try NotificationChannel.table.check([("x", .bool(true))]) }
    #expect(throws: OptionProblem.self) { _ = try CustomNotification([("x", .bool(true))]) }
    let problem = #expect(throws: OptionProblem.self) {
      _ = try LaunchRequest([("notification", .dictionary(["actions": .bool(true)]))])
    }
    #expect(problem == OptionProblem("notification.actions", "its type is b; it must be a(ss)"))
  }

  // MARK: Kinds of call

  private static let ofPrograms = [
    "terminal", "terminal-columns", "terminal-rows", "working-directory", "environment",
  ]
  private static let kinds: [(name: String, value: BusValue, takes: Set<String>)] = [
    ("uri", .string("sip:a@example.org"), others.union(ofEngines).union(["account", "pause-players"])),
    ("command", .strings(["x"]), others.union(ofEngines).union(ofPrograms)),
    ("adopt-pid", .uint32(7), others.union(["hang-up-grace"])),
    ("adopt-pidfd", .descriptor(BusDescriptor(borrowing: 0)), others.union(["hang-up-grace"])),
  ]
  private static let others: Set = [
    "title", "name", "application-id", "token", "inhibit-sleep", "inhibit-lid-switch", "linger", "notification",
    "channel", "return-dbus", "return-command",
  ]
  private static let ofEngines: Set = [
    "engine", "engine-settings", "start-muted", "microphone", "speaker", "launch-timeout", "reconnect-timeout",
    "alone-timeout",
  ]

  @Test(arguments: kinds.indices)
  func anOptionGoesWithSomeKinds(_ index: Int) {
    let (kind, value, takes) = Self.kinds[index]
    for (name, (fit, _)) in Self.launch where name != kind {
      let entries = [(kind, value), (name, fit[0])]
      if takes.contains(name) {
        #expect(throws: Never.self, "\(kind), \(name)") { _ = try LaunchRequest(entries) }
        // Whatever its value is.
      } else {
        let problem = #expect(throws: OptionProblem.self, "\(kind), \(name)") { _ = try LaunchRequest(entries) }
        #expect(problem?.option == name || Self.kinds.contains { $0.name == problem?.option })
      }
    }
  }

  @Test func anAddressAndACommandExcludeEachOther() {
    let entries: [(String, BusValue)] = [("command", .strings([])), ("uri", .string(""))]
    #expect(throws: OptionProblem("command", "give an address or a command, not both")) {
      _ = try LaunchRequest(entries)
    }
  }

  @Test func aClientFindsTheSame() throws {
    var request = LaunchRequest()
    #expect(request.problem == nil)
    request.uri = "sip:a@example.org"
    request.call.title = "two\nlines"
    #expect(request.problem == nil)
    request.call.launchTimeout = 0
    #expect(request.problem == OptionProblem("launch-timeout", "must be 1 to 3600 seconds, not 0"))
    request.call.terminal = true
    #expect(request.problem == OptionProblem("terminal", "only for programs, not for addresses"))
  }

  // MARK: Sandboxes

  private static let refused: [(String, BusValue)] = [
    ("command", .strings(["/bin/sh"])), ("adopt-pid", .uint32(1)), ("terminal", .bool(true)),
    ("terminal-columns", .uint32(80)), ("terminal-rows", .uint32(24)), ("working-directory", .string("/")),
    ("environment", .strings([])), ("return-command", .strings(["/bin/sh"])),
    ("application-id", .string("org.example.Other")), ("linger", .bool(true)),
    ("inhibit-lid-switch", .bool(true)), ("microphone", .string("monitor")),
    ("speaker", .string("")), ("return-dbus", .structure([.string("org.example.Apple"), .objectPath("/")])),
    ("notification", .dictionary(["icon": .string("/etc/passwd")])),
    ("notification", .dictionary(["return-command": .strings(["/bin/sh"])])),
    ("notification", .dictionary(["return-dbus": .structure([.string("org.example.Other"), .objectPath("/")])])),
    ("notification", .dictionary(["unknown": .bool(true)])), ("unknown", .bool(true)),
  ]
  private static let allowed: [(String, BusValue)] = [
    ("uri", .string("sip:a@example.org")), ("account", .string("me")),
    ("adopt-pidfd", .descriptor(BusDescriptor(borrowing: 0))),
    ("engine", .string("sip")), ("engine-settings", .stringDictionary([:])), ("title", .string("x")),
    ("name", .string("x")),
    ("application-id", .string("org.example.App")), ("application-id", .string("")), ("token", .string("x")),
    ("hang-up-grace", .uint32(5)), ("launch-timeout", .uint32(5)), ("reconnect-timeout", .uint32(5)),
    ("alone-timeout", .uint32(5)), ("inhibit-sleep", .bool(true)), ("linger", .bool(false)),
    ("inhibit-lid-switch", .bool(false)), ("pause-players", .bool(false)),
    ("start-muted", .bool(true)), ("channel", .string("x")), ("return-dbus", application),
    ("return-dbus", .structure([.string("org.example.App.Devel"), .objectPath("/")])),
    ("notification", .dictionary(["icon": .string("phone"), "title": .string("x"), "return-dbus": application])),
  ]

  @Test func whatASandboxMayGive() {
    let table = LaunchRequest.table
    for entry in Self.refused {
      #expect(table.refusal(of: [entry], from: "org.example.App")?.option == entry.0, "\(entry)")
    }
    for entry in Self.allowed { #expect(table.refusal(of: [entry], from: "org.example.App") == nil, "\(entry)") }
    let classified = Set((Self.refused + Self.allowed).map(\.0)).subtracting(["unknown"])
    #expect(classified == table.names, "each option is in one of the two lists")
  }

  /// Everything but a path, a command and somebody else's name on the bus.
  @Test func whatASandboxMayMakeItsNotification() {
    for row in CustomNotification.table.rows {
      let value = Self.notification[row.name]?.fit[0] ?? .bool(true)
      let why = row.sandbox.refusal(of: value, from: "org.example.App")
      #expect((why == nil) == (row.name != "return-command"), "\(row.name)")
    }
  }

  // MARK: Texts

  @Test func aProblemNamesItsOption() {
    let problem = OptionProblem("a\u{1B}b" + String(repeating: "x", count: 100), "it is wrong")
    #expect(problem.description == "option “ab" + String(repeating: "x", count: 61) + "”: it is wrong")
    let text = OptionProblem("notification.icon", "it is “x”").description
    #expect(OptionProblem.renaming(text) { $0 == "notification.icon" ? "--icon" : nil } == "--icon: it is “x”")
    #expect(OptionProblem.renaming(text) { _ in nil } == text)
    for other in ["", "option “x", "the option “x”: y"] {
      #expect(OptionProblem.renaming(other) { _ in "--x" } == other)
    }
  }
}

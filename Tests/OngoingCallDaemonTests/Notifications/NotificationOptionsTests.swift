// SPDX-License-Identifier: Apache-2.0
import CallModel
import CallNotification
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

@Suite struct NotificationOptionsTests {
  let folder = TemporaryFolder()

  private func notification(_ options: (String, BusValue)...) throws(CallRefusal) -> CustomNotification {
    try CustomNotification(options: options, channels: .init())
  }

  private func problem(_ name: String, _ value: BusValue) -> String? {
    do throws(CallRefusal) {
      _ = try CustomNotification(options: [(name, value)], channels: .init())
      return nil
    } catch {
      guard case .invalidOption(name, let text) = error else {
        Issue.record("\(error)")
        return nil
      }
      return text
    }
  }

  private func actions(_ pairs: (String, String)...) -> BusValue {
    .array(pairs.map { .structure([.string($0.0), .string($0.1)]) }, of: "(ss)")
  }

  @Test func whatIsNotGivenIsAsForAnyCall() throws {
    #expect(try notification() == CustomNotification())
    #expect(
      try notification(("title", .string("")), ("text", .string(" \n")), ("icon", .string("")))
        == CustomNotification())
    #expect(try notification(("title", .string("\u{200B}\u{AD} \u{2800}"))) == CustomNotification())
  }

  @Test func noButtonLooksLikeOneOfTheCallsOwn() throws {
    for label in ["Hang up", "hang up", " Hang\u{200B}  up ", "Mute", "Unmute", "Return", "Call again"] {
      let text = try #require(problem("actions", actions(("a", label))))
      #expect(text.hasSuffix(", the label of “a”, looks like one of the call's own; choose another"))
    }
    #expect(problem("actions", actions(("a", "Hang up all"), ("b", "Auflegen"))) == nil)
    // In the language that is shown.
    let german = Phrases { $0 == "Hang up" ? "Auflegen" : $0 }
    #expect(throws: CallRefusal.self) {
      try CustomNotification(options: [("actions", actions(("a", "auflegen")))], channels: .init(), phrases: german)
    }
    #expect(throws: CallRefusal.self) {
      let notification = BusValue.dictionary(["actions": actions(("a", "Auflegen"))])
      let options = [("notification", notification), ("command", BusValue.strings(["true"]))]
      _ = try LaunchOptions(options, phrases: german).spec(EngineFolder().catalog)
    }
  }

  @Test func everyKey() throws {
    let image = folder.write("<svg/>", to: "logo.svg")
    var expected = CustomNotification()
    expected.icon = image
    expected.title = "Stand-up"
    expected.text = "<b>two</b> lines"
    expected.priority = .high
    expected.isOngoing = false
    expected.autoCancels = true
    expected.visibility = .secret
    expected.category = "x-app.call"
    expected.actions = [.init(key: "invite-2", label: "Invite…"), .init(key: "notes", label: "Notes & more")]
    expected.channel = NotificationChannel.defaultID
    #expect(
      try notification(
        ("icon", .string(image)), ("title", .string("Stand-up\u{7}")), ("text", .string("<b>two</b>\nlines")),
        ("priority", .string("high")), ("ongoing", .bool(false)), ("auto-cancel", .bool(true)),
        ("visibility", .string("secret")), ("category", .string("x-app.call")),
        ("actions", actions(("invite-2", "Invite…"), ("notes", "Notes & more"))),
        ("channel", .string("CometChat_Call_Ongoing_Conference"))) == expected)
  }

  @Test func everyKeyOfTheRowsIsTaken() {
    let names = CustomNotification.table.names
    for name in names {
      #expect(problem(name, .double(1))?.hasPrefix("its type is d; it must be ") == true, "\(name)")
    }
    #expect(
      problem("colour", .double(1))
        == "unknown option; the options are \(names.sorted().joined(separator: ", "))")
  }

  @Test func anIconIsOneThatThereIs() {
    #expect(problem("icon", .string("call-start")) == nil)
    #expect(problem("icon", .string("org.example.App_2-symbolic")) == nil)
    #expect(
      problem("icon", .string("/nowhere/logo.png"))
        == "“/nowhere/logo.png” does not exist, or is not a readable file")
    #expect(problem("icon", .string("/dev/zero")) == "“/dev/zero” does not exist, or is not a readable file")
    #expect(problem("icon", .string("/usr")) == "“/usr” does not exist, or is not a readable file")
    #expect(
      problem("icon", .string("icons/logo.png"))
        == "“icons/logo.png” is neither an absolute path nor an icon name")
    #expect(problem("icon", .string("file:///usr/x.png"))?.contains("neither an absolute path") == true)
    #expect(problem("icon", .string("a b")) == "it may contain only letters, digits, “-”, “.” and “_”")
    #expect(problem("icon", .string("<img>")) == "it may contain only letters, digits, “-”, “.” and “_”")
    #expect(
      problem("icon", .string(String(repeating: "x", count: 256))) == "it is 256 bytes long; at most 255 are allowed")
    #expect(
      problem("icon", .string("/" + String(repeating: "x", count: 4096)))
        == "it is 4097 bytes long; at most 4096 are allowed")
    let large = folder.write([UInt8](repeating: 0, count: Limit.iconFileBytes + 1), to: "large.png")
    #expect(problem("icon", .string(large)) == "“\(large)” is 4194305 bytes large; at most 4194304 are allowed")
  }

  @Test func textIsBounded() {
    let bomb = String(repeating: "<b>", count: 1_048_576 / 3 + 1)
    #expect(problem("text", .string(bomb)) == "it is 1048578 bytes long; at most 1024 are allowed")
    #expect(problem("title", .string(bomb)) == "it is 1048578 bytes long; at most 256 are allowed")
    #expect(problem("text", .string(String(repeating: "ü", count: 512))) == nil)
    #expect(problem("text", .string(String(repeating: "ü", count: 513)))?.hasPrefix("it is 1026 bytes") == true)
  }

  @Test func wordsAreThoseThatThereAre() {
    for importance in Importance.allCases { #expect(problem("priority", .string(importance.rawValue)) == nil) }
    for word in ["urgent", "", "High", "5", "-2"] {
      #expect(problem("priority", .string(word)) == "“\(word)” is not one of min, low, default, high, max")
    }
    #expect(problem("priority", .int32(1)) == "its type is i; it must be s")
    #expect(problem("visibility", .string("lock\u{1B}[2J")) == "“lock[2J” is not one of public, private, secret")
  }

  @Test func aCategoryIsOne() {
    for category in ["call", "call.incoming", "x-app.call"] { #expect(problem("category", .string(category)) == nil) }
    for category in [".", "call.", "Call", "a b", "ü"] {
      #expect(
        problem("category", .string(category))
          == "“\(category)” is not a category; write it like “call” or “x-app.call”")
    }
    #expect(problem("category", .string(String(repeating: "x", count: 65))) != nil)
  }

  @Test func buttonsAreFewAndPlain() {
    #expect(problem("actions", actions()) == nil)
    let four = actions(("a", "a"), ("b", "b"), ("c", "c"), ("d", "d"))
    #expect(problem("actions", four) == "there are 4; at most 3 are allowed")
    #expect(problem("actions", actions(("a", "a"), ("a", "b"))) == "“a” is given twice")
    for key in ["", "A", "a.b", "a b", "ü", String(repeating: "a", count: 33)] {
      let problem = problem("actions", actions((key, "x")))
      #expect(problem?.hasSuffix("is not a key; a key is 1 to 32 of a-z, 0-9 and “-”") == true)
    }
    #expect(problem("actions", actions(("a", "\n"))) == "the label of “a” has no visible characters")
    #expect(problem("actions", actions(("a", "\u{200B}\u{2060}"))) == "the label of “a” has no visible characters")
    #expect(problem("actions", actions(("a", String(repeating: "x", count: 65))))?.contains("65 bytes") == true)
  }

  @Test func aChannelIsOneThatThereIs() {
    let problem =
      "create it with “ongoingcallctl channel create” (CreateNotificationChannel); there is CometChat_Call_Ongoing_Conference"
    #expect(self.problem("channel", .string("x")) == "there is no notification channel “x”; " + problem)
    #expect(
      self.problem("channel", .string("\u{1B}]0;" + String(repeating: "y", count: 1000)))
        == "there is no notification channel “]0;\(String(repeating: "y", count: 60))”; " + problem)
  }

  @Test func itsReturnTargetCountsBeforeTheLaunchs() throws {
    let engines = EngineFolder()
    func ways(_ notification: (String, BusValue)...) throws -> [CallReturner.Way] {
      let options: [(String, BusValue)] = [
        ("command", .strings([engines.program])), ("return-command", .strings(["/bin/true"])),
        ("notification", .dictionary(Dictionary(uniqueKeysWithValues: notification))),
      ]
      return CallReturner.ways(back: try LaunchOptions(options).spec(engines.catalog))
    }
    let application = BusValue.structure([.string("org.example.App"), .objectPath("/app")])
    #expect(try ways() == [.command(["/bin/true"])])
    #expect(try ways(("return-dbus", application)) == [.application(.init(name: "org.example.App", path: "/app"))])
    #expect(throws: CallRefusal.invalidOption("notification.return-command", "it names no program")) {
      try ways(("return-command", .strings([])))
    }
  }

  // MARK: Inside of a launch

  @Test func aLaunchNamesTheKeyByBothNames() throws {
    let engines = EngineFolder()
    func spec(_ more: (String, BusValue)..., built: CustomNotification? = nil) throws(CallRefusal) -> LaunchSpec {
      let options = [("command", .strings([engines.program]))] + more
      return try LaunchOptions(options, built: built).spec(engines.catalog)
    }
    #expect(throws: CallRefusal.invalidOption("notification.priority", "its type is u; it must be s")) {
      try spec(("notification", .dictionary(["priority": .uint32(1)])))
    }
    #expect(throws: CallRefusal.self) { try spec(("channel", .string("x"))) }
    var titled = CustomNotification()
    titled.title = "t"
    #expect(try spec().notification == nil)
    #expect(try spec(("notification", .dictionary(["title": .string("t")]))).notification == titled)
    #expect(try spec(built: titled).notification == titled)
    // One that is given, even one with nothing in it, is what counts.
    #expect(try spec(("notification", .dictionary([:])), built: titled).notification == CustomNotification())
    #expect(try spec(("channel", .string(NotificationChannel.defaultID))).channel == NotificationChannel.defaultID)
  }

  // MARK: Channels

  private func channel(_ options: (String, BusValue)...) throws(CallRefusal) -> NotificationChannel {
    try CallRefusal.ofOption { () throws(OptionProblem) in try NotificationChannel(options) }
  }

  @Test func aChannelHasDefaults() throws {
    #expect(
      try channel(("id", .string("work")))
        == NotificationChannel(
          id: "work", name: "work", importance: .default, lockscreenVisibility: .private, sound: false))
    #expect(
      try channel(
        ("id", .string("work")), ("name", .string("At\nwork")), ("importance", .string("max")),
        ("lockscreen-visibility", .string("public")), ("sound", .bool(true)))
        == NotificationChannel(
          id: "work", name: "At work", importance: .max, lockscreenVisibility: .public, sound: true))
    #expect(try channel(("id", .string(NotificationChannel.defaultID))) == .default)
  }

  @Test(arguments: [
    "", "a b", "a/b", "../x", "ä", "a\n", "\u{1B}[2J", "<b>", "a\u{200F}", String(repeating: "x", count: 129),
  ])
  func aChannelsIDHasFewCharacters(_ id: String) {
    let error = #expect(throws: CallRefusal.self) { try channel(("id", .string(id))) }
    guard case .invalidOption("id", let text) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(
      [
        "it is empty", "it may contain only letters, digits, “-”, “.” and “_”",
        "it is 129 bytes long; at most 128 are allowed",
      ].contains(text))
  }

  @Test func aChannelNeedsAnID() {
    #expect(throws: CallRefusal.invalidOption("id", "it is missing; every channel needs one")) { try channel() }
    #expect(throws: CallRefusal.invalidOption("name", "it is 129 bytes long; at most 128 are allowed")) {
      try channel(("id", .string("a")), ("name", .string(String(repeating: "x", count: 129))))
    }
    #expect(throws: CallRefusal.invalidOption("importance", "“3” is not one of min, low, default, high, max")) {
      try channel(("id", .string("a")), ("importance", .string("3")))
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
import CallModel
import OngoingCall
import OngoingCallTestSupport
import Testing

/// `status` and `list`.
@Suite struct LookingTests: DaemonSuite {
  let fixture: DaemonFixture

  init() throws { fixture = try DaemonFixture() }

  private func addCalls() {
    daemon.set(
      "abcd0000",
      [
        "Title": .string("Stand-up"), "Uri": .string("sip:standup@example.org"), "Engine": .string("sip"),
        "Unit": .string("app-ongoingcall-sip@abcd0000.service"), "State": .string("joined"), "Muted": .bool(true),
        "OnHold": .bool(true), "LaunchedAt": .uint64(1_714_564_800_000_000), "JoinedAt": .uint64(1_714_564_803_000_000),
        "Duration": .uint64(3_723_000_000),
        "Media": .dictionary([
          "sent": .uint64(10), "received": .uint64(9), "lost": .uint64(1), "round-trip-ms": .uint64(41),
        ]),
      ])
    daemon.set(
      "abce0000",
      [
        "Title": .string("htop"), "Engine": .string("command"), "State": .string("launching"),
        "LaunchedAt": .uint64(1_714_564_801_000_000),
      ])
    daemon.set(
      "xyz00000",
      [
        "Title": .string("Review"), "Engine": .string("sip"), "State": .string("ended"), "EndReason": .string("busy"),
        "EndDetail": .string("486 Busy Here"), "LaunchedAt": .uint64(1_714_564_802_000_000),
      ])
  }

  static let block = """
    ● abcd0000 Stand-up
         State: joined, muted, on hold
       Address: sip:standup@example.org
        Engine: sip
          Unit: app-ongoingcall-sip@abcd0000.service
      Launched: 2024-05-01 12:00:00 UTC
        Joined: 2024-05-01 12:00:03 UTC
      Duration: 1h 02m 03s
         Media: poor: 10.0 % lost, 41 ms round trip (10 packets sent, 9 received, 1 lost)

    """

  @Test(arguments: ["abcd0000", "ABCD0000", "abcd"])
  func oneCall(id: String) throws {
    addCalls()
    let result = try tool.run("status", id)
    #expect(result.status == 0)
    #expect(result.error == "")
    #expect(result.output == Self.block)
  }

  @Test func oneCallInJSON() throws {
    addCalls()
    let result = try tool.run("status", "--json", "abcd0000")
    #expect(result.output.hasSuffix("}\n"))
    let session = try #require(result.outputJSON?.session)
    #expect(result.outputJSON?.version == 1)
    #expect(session.title == "Stand-up")
    #expect(session.duration == 3_723_000_000)
    #expect(session.muted && session.onHold)
    #expect(session.media == .init(sent: 10, received: 9, lost: 1, roundTrip: 41))
    #expect(session.recording == "")
  }

  @Test func howItSoundsAndByWhat() throws {
    addCalls()
    daemon.set(
      "abcd0000",
      [
        "Muted": .bool(false), "OnHold": .bool(false), "Recording": .string("/home/me/a\u{1B}b.wav"),
        "Media": .dictionary([
          "sent": .uint64(10), "received": .uint64(999), "lost": .uint64(1), "round-trip-ms": .uint64(41),
          "jitter-ms": .uint64(3), "codec": .string("opus/48000/2"), "level-sent": .int32(-30),
          "level-received": .int32(-127), "microphone": .string("usb"), "speaker": .string(""),
          "fallback": .strings(["microphone"]), "echo-cancellation": .bool(true), "encryption": .string(""),
        ]),
      ])
    let result = try tool.run("status", "abcd")
    let expected = """
           State: joined, recording
      """
    #expect(result.output.contains(expected.drop { $0 == " " } + "\n"))
    #expect(
      result.output.hasSuffix(
        """
             Media: good: 0.1 % lost, 41 ms round trip, 3 ms jitter (10 packets sent, 999 received, 1 lost)
             Codec: opus/48000/2
        Encryption: none
             Level: sent [######....] -30 dB, received [..........] silence
        Microphone: usb (instead of one that is not connected; echo cancellation on)
           Speaker: none
         Recording: /home/me/ab.wav

        """))
    let session = try #require(try tool.run("status", "--json", "abcd").outputJSON?.session)
    #expect(session.recording == "/home/me/a\u{1B}b.wav")
    #expect(
      session.media
        == .init(
          sent: 10, received: 999, lost: 1, roundTrip: 41, jitter: 3, levelSent: -30, levelReceived: -127,
          codec: "opus/48000/2", microphone: "usb", speaker: "", fallback: ["microphone"], echoCancellation: true,
          encryption: ""))
    // The devices of a call that is over are anybody's.
    daemon.set("abcd0000", ["State": .string("ended"), "Recording": .string("")])
    let ended = try tool.run("status", "abcd0000").output
    #expect(!ended.contains("Speaker") && ended.contains("Media") && !ended.contains("recording"))
  }

  @Test(
    arguments: [
      (1000, 0, 299, "good: 0 % lost, 299 ms"), (10_000, 1, 41, "good: 0.1 % lost, 41 ms"),
      (99, 1, 41, "fair: 1.0 % lost, 41 ms"), (1000, 0, 300, "fair: 0 % lost, 300 ms"),
      (1000, 0, 799, "fair: 0 % lost, 799 ms"), (1000, 0, 800, "poor: 0 % lost, 800 ms"),
      (95, 5, 41, "poor: 5.0 % lost, 41 ms"), (0, 0, 41, "nothing received yet: 41 ms"),
    ] as [(UInt64, UInt64, UInt64, String)])
  func howGoodItIs(received: UInt64, lost: UInt64, roundTrip: UInt64, shown: String) throws {
    let counters = ["received": BusValue.uint64(received), "lost": .uint64(lost), "round-trip-ms": .uint64(roundTrip)]
    daemon.set("abcd0000", ["State": .string("joined"), "Media": .dictionary(counters)])
    #expect(try tool.run("status", "abcd").output.contains("Media: \(shown) round trip"))
  }

  @Test(arguments: [
    ("shown", "dunst", "notification handed to dunst"), ("shown", "", "notification handed to the desktop"),
    ("dismissed", "mako", "notification dismissed; it will come back"),
    ("waiting", "\u{1B}[2Jx", "notification is being posted by [2Jx"),
    ("none", "", "no notification can be shown; to end the call: ongoingcallctl abort abcd0000"),
    ("later", "", "notification later"),
  ])
  func whereItsNotificationIs(state: String, server: String, shown: String) throws {
    addCalls()
    let notification = ["state": BusValue.string(state), "server": .string(server)]
    daemon.set("abcd0000", ["Notification": .dictionary(notification)])
    #expect(try tool.run("status", "abcd").output == Self.block.dropLast() + "\n   Desktop: \(shown)\n")
    let session = try tool.run("status", "--json", "abcd").outputJSON?.session
    #expect(session?.notification == ["state": state, "server": server, "held-back": nil])
    daemon.set("abcd0000", ["State": .string("ended")])
    #expect(try !tool.run("status", "abcd0000").output.contains("Desktop"))
  }

  @Test(arguments: [
    (false, "notification shown by dunst"),
    (true, "notification held back by dunst: do not disturb; to end the call: ongoingcallctl abort abcd0000"),
  ])
  func whetherItIsHeldBackIsSaidWhereTheServerSaysSo(_ isHeldBack: Bool, _ shown: String) throws {
    addCalls()
    let notification = ["state": BusValue.string("shown"), "server": .string("dunst"), "held-back": .bool(isHeldBack)]
    daemon.set("abcd0000", ["Notification": .dictionary(notification)])
    #expect(try tool.run("status", "abcd").output.contains("Desktop: \(shown)\n"))
  }

  @Test func aWholeIdNeedsOneQuestion() throws {
    addCalls()
    #expect(try tool.run("status", "abcd0000").status == 0)
    #expect(daemon.requests("GetManagedObjects").isEmpty)
    #expect(daemon.requests("GetAll").count == 1)
  }

  @Test func aCallThatHasEnded() throws {
    addCalls()
    let result = try tool.run("status", "xyz")
    #expect(result.status == 0)
    #expect(result.output.contains("State: ended: busy\n"))
    #expect(result.output.contains("Ended: busy (486 Busy Here)\n"))
  }

  @Test(arguments: [(true, "survives logout"), (false, "ends at your last logout")])
  func whatBecomesOfItAtTheLastLogout(_ survives: Bool, _ shown: String) throws {
    daemon.set("abcd0000", ["State": .string("joined"), "SurvivesLogout": .bool(survives)])
    #expect(try tool.run("status", "abcd").output.contains("\n  Lifetime: \(shown)\n") == true)
    #expect(try tool.run("status", "abcd", "--json").outputJSON?.session?.survivesLogout == survives)
    daemon.set("abcd0000", ["State": .string("ended")])
    #expect(try tool.run("status", "abcd").output.contains("Lifetime") == false)
  }

  @Test func allCallsThatHaveNotEnded() throws {
    addCalls()
    let result = try tool.run("status")
    #expect(result.status == 0)
    #expect(result.output.hasPrefix(Self.block + "\n● abce0000 htop\n     State: launching\n"))
    #expect(!result.output.contains("xyz00000"))
    #expect(try tool.run("status", "--json").outputJSON?.sessions?.map(\.id) == ["abcd0000", "abce0000"])
  }

  @Test(arguments: ["status", "list"])
  func noCalls(verb: String) throws {
    daemon.set("xyz00000", ["State": .string("ended")])
    let result = try tool.run(verb)
    #expect(result.status == 0)
    #expect(result.output == "no calls\n")
    #expect(try tool.run(verb, "--json").output == #"{"version":1,"sessions":[]}"# + "\n")
  }

  @Test func aTable() throws {
    addCalls()
    let live = """
      ID        STATE                   DURATION    ENGINE   TITLE
      abcd0000  joined, muted, on hold  1h 02m 03s  sip      Stand-up
      abce0000  launching               -           command  htop

      """
    #expect(try tool.run("list").output == live)
    let all = try tool.run("list", "--all")
    #expect(all.output.split(separator: "\n").last == "xyz00000  ended: busy             -           sip      Review")
    #expect(try tool.run("list", "-a", "--json").outputJSON?.sessions?.count == 3)
    #expect(try tool.run("list", "--json").outputJSON?.sessions?.count == 2)
  }

  @Test func aTableOfNames() throws {
    addCalls()
    daemon.set("abce0000", ["Name": .string("top")])
    let table = """
      ID        NAME  STATE                   DURATION    ENGINE   TITLE
      abcd0000  -     joined, muted, on hold  1h 02m 03s  sip      Stand-up
      abce0000  top   launching               -           command  htop

      """
    #expect(try tool.run("list").output == table)
    let block = "● abce0000 htop\n     State: launching\n      Name: top\n"
    #expect(try tool.run("status", "abce0000").output.hasPrefix(block))
    #expect(try tool.run("list", "--json").outputJSON?.sessions?.map(\.name) == ["", "top"])
  }

  // MARK: Which call

  @Test(arguments: ["nothere0", "nothere", "abcd00000"])
  func aCallThatIsNotThere(id: String) throws {
    addCalls()
    let result = try tool.run("status", id)
    #expect(result.status == 66)
    #expect(result.output == "")
    #expect(
      result.error
        == "ongoingcallctl: there is no call with the ID or name “\(id)”\n"
        + "  “ongoingcallctl list --all” lists the IDs and names\n")
    #expect(try tool.run("status", "--json", id).errorJSON?.error?.name == BusErrorName.noSuchSession)
  }

  @Test func anAmbiguousBeginning() throws {
    addCalls()
    let result = try tool.run("status", "abc")
    #expect(result.status == 66)
    #expect(result.error.contains("2 calls have IDs that begin with “abc”: abcd0000 (Stand-up), abce0000 (htop)"))
    #expect(try tool.run("status", "--json", "abc").errorJSON?.error?.name == BusErrorName.ambiguousSession)
  }

  @Test func ofSeveralTheOneThatHasNotEndedIsMeant() throws {
    addCalls()
    daemon.set("abcdzzzz", ["State": .string("ended")])
    #expect(try tool.run("status", "abcd").output == Self.block)
  }

  @Test func aName() throws {
    addCalls()
    // Also one that another call's ID begins with.
    daemon.set("abce0000", ["Name": .string("abcd")])
    #expect(try tool.run("status", "abcd").output.hasPrefix("● abce0000 htop\n"))
    // It is as it was given, unlike an ID.
    #expect(try tool.run("status", "ABCD").output == Self.block)
    // In the meantime it is another's.
    daemon.set("abce0000", ["State": .string("ended")])
    daemon.set("xyz00000", ["Name": .string("abcd"), "State": .string("joined")])
    #expect(try tool.run("status", "abcd").output.hasPrefix("● xyz00000 Review\n"))
    daemon.set("abce0000", ["State": .string("joined")])
    let result = try tool.run("status", "abcd")
    #expect(result.status == 66)
    #expect(result.error.contains("2 calls have the name “abcd”: abce0000 (htop), xyz00000 (Review)"))
  }

  @Test func anEmptyId() throws {
    #expect(try tool.run("status", "").status == 64)
  }

  // MARK: What comes from outside

  @Test func hostileTextIsHarmless() throws {
    let hostile = "a\u{1B}[2J\u{1B}]0;x\u{7}\nb\u{202E}c\u{9B}31m\r\t<b>" + String(repeating: "x", count: 5000)
    daemon.set(
      "abcd0000",
      [
        "Title": .string(hostile), "Uri": .string(hostile), "Engine": .string(hostile), "Unit": .string(hostile),
        "State": .string(hostile), "EndReason": .string(hostile), "EndDetail": .string(hostile),
        "LaunchedAt": .uint64(.max), "JoinedAt": .uint64(.max), "Duration": .uint64(.max),
        "Media": .dictionary(["sent": .uint64(.max), "received": .string("x")]),
      ])
    for arguments in [
      ["status", "abcd0000"], ["status"], ["list"], ["status", "--json"], ["mute", "--timeout", "1"],
    ] {
      if arguments[0] == "mute" { daemon.on("SetMuted") { _ in [.fail("org.example.\u{41}", hostile)] } }
      let result = try tool.run(arguments)
      let text = result.output + result.error
      let dangerous = text.unicodeScalars.filter {
        switch $0.value {
        case 0x0A: false
        case 0...0x1F, 0x7F...0x9F, 0x202A...0x202E, 0x2066...0x2069: true
        default: false
        }
      }
      #expect(dangerous.isEmpty, "\(arguments)")
      if arguments.last != "--json" { #expect(text.utf8.count < 3000, "\(arguments)") }
    }
    #expect(try tool.run("status", "--json").outputJSON?.sessions?.first?.title == hostile)
  }

  @Test func manyCalls() throws {
    for number in 10000..<12000 { daemon.set("abc\(number)", ["LaunchedAt": .uint64(UInt64(number))]) }
    #expect(try tool.run("list", "--json").outputJSON?.sessions?.count == 2000)
    let result = try tool.run("abort")
    #expect(result.status == 66)
    #expect(result.error.contains("there are 2000 calls"))
    #expect(result.error.contains("and 1990 more"))
  }
}

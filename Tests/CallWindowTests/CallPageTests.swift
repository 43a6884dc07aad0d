// SPDX-License-Identifier: Apache-2.0
import CallModel
import OngoingCall
import Testing

@testable import CallWindow

@Suite struct CallPageTests {
  private static func page(
    _ state: SessionState = .joined, later: Duration = .zero, ringing: Bool = false,
    _ change: (inout SessionInfo) -> Void = { _ in }
  ) throws -> CallPage {
    let info = WindowStateTests.call("a", state, change)
    let news = WindowStateTests.calls(info, ringing: ringing ? ["a"] : [])
    var window = WindowStateTests.state(news)
    window.choose("a")
    return try #require(window.picture(at: later).page)
  }

  @Test func whoAndWhere() throws {
    let page = try Self.page()
    #expect(page.who == "Stand-up" && page.address == "standup@example.org")
    // A title that is the address is not said twice.
    let plain = try Self.page { $0.title = $0.uri }
    #expect(plain.who == "standup@example.org" && plain.address == nil)
    let hostile = try Self.page { $0.title = "a\u{202e}b\nc<b>" }
    #expect(hostile.who == "ab c<b>")
    let program = try Self.page { ($0.title, $0.uri, $0.command) = ("", "", ["/usr/bin/nap", "two words"]) }
    #expect(program.who == "nap" && program.address == nil && program.program == "/usr/bin/nap 'two words'")
  }

  @Test(arguments: [
    (SessionState.launching, false, "Calling…"), (.launching, true, "Ringing…"), (.joined, true, "1:05"),
    (.reconnecting, false, "Reconnecting… · 1:05"), (.leaving, false, "Hanging up…"), (.ended, false, "Call ended"),
  ])
  func states(_ state: SessionState, _ rings: Bool, _ text: String) throws {
    #expect(try Self.page(state, ringing: rings).state == text)
  }

  @Test func mutedComesFirst() throws {
    let page = try Self.page { ($0.muted, $0.onHold, $0.recording) = (true, true, "/tmp/x.wav") }
    #expect(page.state == "Muted · On hold · Recording · 1:05")
  }

  @Test func timeGoesOn() throws {
    #expect(try Self.page(later: .milliseconds(1999)).state == "1:06")
    #expect(try Self.page(later: .seconds(3600)).state == "1:01:05")
    #expect(try Self.page(.ended, later: .seconds(3600)).remark == "It lasted 1:05.")
  }

  @Test func buttonsSayWhatTheyDo() throws {
    let controls = try #require(try Self.page().controls)
    #expect(controls.muting == .init(isOn: false, label: "Mute") && controls.holding?.label == "Hold")
    #expect(controls.sendsDigits == true && !controls.opensTerminal && !controls.isLeaving)
    let other = try Self.page(.reconnecting) { ($0.muted, $0.onHold) = (true, true) }.controls
    #expect(other?.muting == .init(isOn: true, label: "Unmute") && other?.holding?.label == "Resume")
    #expect(other?.sendsDigits == false)
    #expect(try Self.page(.leaving).controls?.isLeaving == true)
  }

  @Test func aProgramHasItsOwn() throws {
    let page = try Self.page {
      ($0.uri, $0.command, $0.terminal, $0.program) = ("", ["/bin/vi"], true, ProgramStatus(process: 7))
    }
    let controls = try #require(page.controls)
    #expect(controls.muting == nil && controls.holding == nil && controls.sendsDigits == nil)
    #expect(controls.opensTerminal && page.process == "7" && page.sound == nil)
    let adopted = try Self.page { ($0.uri, $0.adopted, $0.program) = ("", true, ProgramStatus(process: 8)) }
    #expect(adopted.process == "8" && adopted.controls?.muting == nil && adopted.controls?.opensTerminal == false)
  }

  @Test(arguments: [
    (1000, 0, 20, "Good"), (990, 20, 20, "Fair: 2.0 % lost, 20 ms round trip"),
    (1000, 0, 400, "Fair: 0 % lost, 400 ms round trip"), (900, 100, 900, "Poor: 10.0 % lost, 900 ms round trip"),
    (0, 0, 0, "Nothing is received yet"),
  ])
  func sound(_ received: UInt64, _ lost: UInt64, _ trip: UInt64, _ text: String) throws {
    let media = MediaCounters(sent: 1, received: received, lost: lost, roundTripMilliseconds: trip)
    #expect(try Self.page { $0.media = media }.sound == text)
  }

  @Test func whatIsSilentIsTold() throws {
    func sound(_ audio: AudioUse) throws -> String? {
      try Self.page { $0.media = MediaCounters(sent: 1, received: 1000, lost: 0, audio: audio) }.sound
    }
    #expect(try sound(AudioUse(microphone: "", speaker: "")) == "No microphone · No speaker · Good")
    #expect(try sound(AudioUse(microphone: "Headset", speaker: "")) == "No speaker · Good")
    #expect(try sound(AudioUse()) == "Good")
  }

  @Test(arguments: [
    ("busy", "The line is busy."), ("hung-up", "You hung up."), ("of-later", "486 Busy here"),
  ])
  func whyItEndedIsASentence(_ reason: String, _ text: String) throws {
    let page = try Self.page(.ended) { ($0.endReason, $0.endDetail) = (reason, "486 Busy here") }
    #expect(page.remark == "\(text)\nIt lasted 1:05.")
  }

  @Test(arguments: [
    ("", "", ["/usr/bin/nap"], "nap night"), ("sip:a@example.org", "sip:a@example.org", [], "nap night"),
    ("nap", "", ["/usr/bin/nap"], "nap night"), ("Sleep", "", ["/usr/bin/nap"], "Sleep"),
  ])
  func aNameIsBetterThanWhatOthersAreCalled(_ title: String, _ uri: String, _ command: [String], _ who: String) throws {
    let page = try Self.page { ($0.title, $0.uri, $0.command, $0.name) = (title, uri, command, "nap night") }
    #expect(page.who == who)
  }

  @Test(arguments: [
    ("", "Not encrypted"), ("sdes", "Encrypted; the servers of the call can know the keys"),
    ("dtls", "Encrypted by keys of both ends"), ("later", "later"),
  ])
  func encryption(_ word: String, _ text: String) throws {
    let media = MediaCounters(sent: 1, received: 1, lost: 0, encryption: word)
    #expect(try Self.page { $0.media = media }.encryption == text)
    #expect(try Self.page { $0.media = MediaCounters(sent: 1, received: 1, lost: 0) }.encryption == nil)
  }

  @Test func aTransferIsAskedFor() throws {
    let page = try Self.page { ($0.transferRequest, $0.connectedTo) = ("sip:bob@example.org", "Bob") }
    #expect(page.request?.address == "sip:bob@example.org")
    #expect(page.request?.text == "The other side asks you to call sip:bob@example.org instead.")
    #expect(page.remark == "Connected to Bob, as the server says")
  }
}

@Suite struct WindowArgumentsTests {
  @Test(arguments: [
    ([], WindowArguments.open(call: nil)), (["ab12"], .open(call: "ab12")), (["--call", "ab12"], .open(call: "ab12")),
    (["--call=ab12"], .open(call: "ab12")), ([""], .open(call: nil)), (["--help", "x"], .help), (["-h"], .help),
    (["--version"], .version), (["--call"], .invalid("--call needs the ID of a call")),
    (["--frob"], .invalid("unknown option “--frob”")), (["a", "b"], .invalid("give one call, not several")),
  ])
  func arguments(_ words: [String], _ meaning: WindowArguments) { #expect(WindowArguments(words) == meaning) }
}

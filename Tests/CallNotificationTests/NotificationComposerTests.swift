// SPDX-License-Identifier: Apache-2.0
import CallModel
import Testing

@testable import CallNotification

struct NotificationComposerTests {
  private static let id = "7k3m9x2p"

  private static func view(_ change: (inout SessionView) -> Void = { _ in }) -> SessionView {
    var view = SessionView(id: id, title: "Stand-up", state: .joined, joinedAt: "14:05")
    change(&view)
    return view
  }

  private static func content(
    _ capabilities: Set<String>, _ view: SessionView = view(), server: String = "s", phrases: Phrases = Phrases(),
    _ change: (inout CustomNotification) -> Void = { _ in }
  ) -> NotificationContent {
    var custom = CustomNotification()
    change(&custom)
    return NotificationComposer(view, custom: custom).content(
      for: ServerTraits(name: server, capabilities: capabilities), phrases, endedBy: "end it")
  }

  @Test(
    arguments: [
      (view { ($0.state, $0.joinedAt) = (.launching, nil) }, "Calling…"),
      (view { ($0.state, $0.joinedAt, $0.hasRung) = (.launching, nil, true) }, "Ringing…"),
      (view(), "Since 14:05"), (view { $0.joinedAt = nil }, "Calling…"),
      (view { ($0.muted, $0.isRecorded) = (true, true) }, "Muted · Recording · Since 14:05"),
      (view { $0.state = .reconnecting }, "Reconnecting…"), (view { $0.state = .leaving }, "Hanging up…"),
      (view { $0.muted = true }, "Muted · Since 14:05"),
      (view { $0.onHold = true }, "On hold · Since 14:05"),
      (view { ($0.muted, $0.onHold) = (true, true) }, "Muted · On hold · Since 14:05"),
      (view { ($0.state, $0.muted) = (.reconnecting, true) }, "Muted · Reconnecting…"),
      (
        view { ($0.state, $0.resistsEnd) = (.ended, true) }, "Since 14:05\nThe call did not end. Try again."
      ),
    ])
  func everyStateIsSaidWhateverTheServerShows(_ view: SessionView, _ text: String) {
    let plain = text.split(separator: "\n").joined(separator: " · ")
    #expect(Self.content(["body", "actions"], view).body == text)
    #expect(Self.content(["body"], view).body == text + "\nTo hang up: end it")
    #expect(Self.content(["actions"], view).summary == "Stand-up · " + plain)
    #expect(Self.content([], view).summary == "Stand-up · " + plain + " · To hang up: end it")
    for capabilities in [["body"], ["actions"], [], ["body", "actions"]] as [Set<String>] {
      let content = Self.content(capabilities, view)
      #expect(content.body.isEmpty == !capabilities.contains("body"))
      #expect(content.actions.contains { $0.key == .hangUp(session: Self.id) } == capabilities.contains("actions"))
      #expect(content.urgency == (view.resistsEnd ? 2 : 1) && !content.isTransient && content.isOngoing)
    }
  }

  @Test func whatCanBeMutedHasTheOneButtonThatDoesSomething() {
    let all: Set<String> = ["actions", "body"]
    #expect(Self.content(all).actions.map(\.label) == ["Return", "Return", "Hang up"])
    let muted = Self.content(all, Self.view { ($0.canMute, $0.muted) = (true, true) })
    #expect(muted.actions.map(\.label) == ["Return", "Return", "Unmute", "Hang up"])
    #expect(muted.actions[2].key == .unmute(session: Self.id))
    #expect(Self.content(all, Self.view { $0.canMute = true }).actions[2].key == .mute(session: Self.id))
  }

  @Test func hangUpIsTheLastOfTheCallsOwnWhateverElseThereIs() {
    for canMute in [false, true] {
      for canReturn in [false, true] {
        let content = Self.content(["actions"], Self.view { ($0.canMute, $0.canReturn) = (canMute, canReturn) }) {
          $0.actions = [.init(key: "notes", label: "Notes")]
        }
        #expect(content.actions.dropLast().last?.key == .hangUp(session: Self.id))
      }
    }
  }

  @Test func itSaysWhomItCallsWhereTheTitleDoesNot() {
    let named = Self.content(["body", "actions"], Self.view { $0.address = "standup@example.org" })
    #expect(named.body == "Since 14:05\nstandup@example.org")
    let plain = Self.view { ($0.title, $0.address) = ("sip:standup@example.org", "standup@example.org") }
    #expect(Self.content(["body", "actions"], plain).body == "Since 14:05")
  }

  @Test func xfceMakesAButtonOfTheTapToo() {
    let content = Self.content(["actions", "body"], server: "Xfce Notify Daemon")
    #expect(content.actions.map(\.key.text) == ["default", "hang-up.\(Self.id)"])
    #expect(Self.content(["actions", "body"], server: "lxqt-notificationd").actions.count == 2)
  }

  // MARK: Text from anywhere

  @Test(
    arguments: [
      ("<b>&amp;\"'", "&lt;b&gt;&amp;amp;&quot;&apos;"),
      ("<!ENTITY a \"x\">&a;", "&lt;!ENTITY a &quot;x&quot;&gt;&amp;a;"),
      ("a\u{1B}[31mb\u{7}\u{202E}c", "a[31mbc"), ("one\n\n\ttwo\r\nthree", "one\ntwo\nthree"),
    ])
  func textIsShownAsItStands(_ text: String, _ escaped: String) {
    let content = Self.content(["body", "body-markup"]) { $0.text = text }
    #expect(content.body == escaped + "\nSince 14:05\nTo hang up: end it")
    #expect(!Self.content(["body"]) { $0.text = "<b>" }.body.contains("&lt;"))
  }

  @Test(arguments: ["<", "<b>", "a\u{301}", "\u{301}", "\n", "😀", " ", "a\n"])
  func aMebibyteIsCut(_ piece: String) {
    let text = String(repeating: piece, count: (1 << 20) / piece.utf8.count)
    let content = Self.content(["body", "body-markup", "actions"], Self.view { $0.title = text }) {
      ($0.text, $0.title) = (text, text)
      $0.actions = (0..<100).map { .init(key: "\($0)", label: text) }
    }
    #expect(content.summary.utf8.count <= ShownText.summaryBytes)
    // Each character is six at the most, escaped.
    #expect(content.body.utf8.count <= 6 * ShownText.bodyBytes + 100)
    #expect(content.body.hasSuffix("Since 14:05"))
    #expect(content.actions.count == 3 + ShownText.customActions)
    #expect(content.actions.allSatisfy { $0.label.utf8.count <= ShownText.labelBytes })
    // Where all is in one line, how to end the call is not lost behind the text.
    let plain = Self.content([]) { $0.text = text }
    #expect(plain.summary == "Stand-up · Since 14:05 · To hang up: end it")
  }

  @Test func textIsCutBetweenScalars() {
    #expect(ShownText.line("äääää", bytes: 8) == "ää…")
    #expect(ShownText.line("äääää", bytes: 10) == "äääää")
    #expect(ShownText.lines("a\nb\nc", bytes: 5) == "a\nb\nc")
  }

  // MARK: Keys

  @Test(
    arguments: [
      (.tap, "default"), (.return(session: id), "return.\(id)"), (.hangUp(session: id), "hang-up.\(id)"),
      (.mute(session: id), "mute.\(id)"), (.unmute(session: id), "unmute.\(id)"),
      (.custom("a.b-c", session: id), "app-a.b-c.\(id)"), (.custom("", session: id), "app-.\(id)"),
    ] as [(ActionKey, String)])
  func aKeyIsReadAsItWasWritten(_ key: ActionKey, _ text: String) {
    #expect(key.text == text && ActionKey(text) == key)
    #expect(key.session == (key == .tap ? nil : Self.id))
  }

  @Test(arguments: ["", ".", "hang-up", "Hang-up.7k3m9x2p", "default.7k3m9x2p", "unknown.7k3m9x2p", "app.7k3m9x2p"])
  func whatIsNoKeyOfOursIsNone(_ text: String) { #expect(ActionKey(text) == nil) }

  // MARK: Phrases

  @Test func theValueIsWhereTheTranslationWantsItAndNeverLost() {
    let translations = ["Since %s": "Seit %s dabei", "To hang up: %s": "Auflegen mit", "Hang up": "Auflegen"]
    let phrases = Phrases { translations[$0] ?? $0 }
    let content = Self.content(["body"], phrases: phrases)
    #expect(content.body == "Seit 14:05 dabei\nAuflegen mit end it")
    #expect(Self.content(["actions"], phrases: phrases).actions.map(\.label) == ["Return", "Return", "Auflegen"])
    // A value is not looked into.
    #expect(Phrases().howToEnd("%s %s") == "To hang up: %s %s")
  }
}

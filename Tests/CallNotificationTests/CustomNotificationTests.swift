// SPDX-License-Identifier: Apache-2.0
import CallModel
import CallNotification
import Testing

/// What an application makes of its call's notification, and what it cannot take away.
@Suite struct CustomNotificationTests {
  private let session = SessionView(id: "7k3m9x2p", title: "sip:a@b", state: .joined, joinedAt: "14:05", canMute: true)
  private let server = ServerTraits(name: "s", capabilities: ["body", "body-markup", "actions"])

  private func content(
    _ custom: CustomNotification, _ channel: NotificationChannel = .default
  ) -> NotificationContent {
    NotificationComposer(session, custom: custom, channel: channel).content(for: server, Phrases(), endedBy: "x")
  }

  @Test func whatItSaysIsShownAndTheCallAsWell() {
    var custom = CustomNotification()
    custom.icon = "org.example.App"
    custom.title = "Stand-up"
    custom.text = "<b>with</b> all & sundry"
    custom.priority = .max
    custom.autoCancels = true
    custom.visibility = .public
    custom.category = "x-app.call"
    custom.actions = [.init(key: "notes", label: "Notes")]
    let content = content(custom)
    #expect(content.icon == "org.example.App")
    #expect(content.summary == "Stand-up")
    #expect(content.body == "&lt;b&gt;with&lt;/b&gt; all &amp; sundry\nSince 14:05")
    #expect(content.urgency == 2)
    #expect(!content.isResident && !content.isTransient)
    #expect(content.privacyScope == "system")
    #expect(content.category == "x-app.call")
    #expect(
      content.actions.map(\.key.text)
        == ["default", "return.7k3m9x2p", "mute.7k3m9x2p", "hang-up.7k3m9x2p", "app-notes.7k3m9x2p"])
    #expect(content.actions.last?.label == "Notes")
  }

  @Test func whatItDoesNotSayIsOfItsChannel() {
    let loud = NotificationChannel(
      id: "loud", name: "Loud", importance: .max, lockscreenVisibility: .public, sound: true)
    let plain = content(CustomNotification(), loud)
    #expect(plain.urgency == 2 && plain.privacyScope == "system" && plain.playsSound)
    var custom = CustomNotification()
    custom.priority = .low
    custom.visibility = .secret
    let quiet = content(custom, loud)
    #expect(quiet.urgency == 0 && quiet.privacyScope == "user" && quiet.playsSound)
    #expect(content(CustomNotification()).icon == "org.ongoingcall.OngoingCall")
  }

  @Test func channelsAreInTheOrderOfTheirIDs() {
    var channels = NotificationChannels()
    #expect(channels.all == [.default] && channels.created.isEmpty)
    channels.create(NotificationChannel(id: "z", name: "z"))
    channels.create(NotificationChannel(id: "A", name: "a"))
    #expect(channels.all.map(\.id) == ["A", NotificationChannel.defaultID, "z"])
    #expect(channels.created.map(\.id) == ["A", "z"])
    channels.create(NotificationChannel(id: "z", name: "another"))
    #expect(channels["z"]?.name == "another" && channels.created.count == 2)
  }

  /// Where it is, at every stage of its life.
  @Test func itsPlaceIsKnown() {
    var life = NotificationLife()
    let wanted = content(CustomNotification())
    func place(after input: NotificationLife.Input) -> NotificationPlace {
      _ = life.handle(input)
      return life.place
    }
    #expect(place(after: .want(wanted)) == .none)
    #expect(place(after: .serverAppeared(":1.5")) == .waiting)
    // Not about to be shown, as far as anybody can tell.
    #expect(place(after: .refused) == .none && place(after: .passed(.retry)) == .none)
    #expect(place(after: .posted(7)) == .shown)
    #expect(place(after: .posted(7)) == .shown)
    #expect(place(after: .closed(7)) == .dismissed)
    #expect(place(after: .passed(.dismissal)) == .waiting)
    #expect(place(after: .refused) == .none)
    #expect(place(after: .passed(.retry)) == .none)
    #expect(place(after: .posted(8)) == .shown)
    #expect(place(after: .posted(8)) == .shown)
    #expect(place(after: .want(nil)) == .none)
    #expect(place(after: .want(wanted)) == .waiting)
    #expect(place(after: .serverVanished) == .none)
  }
}

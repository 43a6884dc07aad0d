// SPDX-License-Identifier: Apache-2.0
import CallModel
import OngoingCallTestSupport
import Testing

@testable import OngoingCall

/// Notifications and channels, from the client's side to the bus.
@Suite struct NotificationCodingTests: DaemonSuite {
  let fixture: DaemonFixture

  init() throws {
    fixture = try DaemonFixture()
    for member in ["BuildOngoingConferenceNotification", "CreateNotificationChannel"] {
      daemon.on(member) { _ in [.reply([])] }
    }
  }

  static let whole: CustomNotification = {
    var whole = CustomNotification()
    whole.icon = "phone"
    whole.title = "Title"
    whole.text = "Text"
    whole.priority = .min
    whole.isOngoing = false
    whole.autoCancels = true
    whole.visibility = .public
    whole.category = "call"
    whole.actions = [.init(key: "a", label: "A"), .init(key: "b", label: "B")]
    whole.channel = "work"
    whole.returnTarget = ReturnTarget(application: .init(name: "org.example.App", path: "/app"), command: ["/bin/x"])
    return whole
  }()

  static let sent = BusValue.dictionary([
    "icon": .string("phone"), "title": .string("Title"), "text": .string("Text"), "priority": .string("min"),
    "ongoing": .bool(false), "auto-cancel": .bool(true), "visibility": .string("public"), "category": .string("call"),
    "actions": .array(
      [.structure([.string("a"), .string("A")]), .structure([.string("b"), .string("B")])], of: "(ss)"),
    "channel": .string("work"), "return-dbus": .structure([.string("org.example.App"), .objectPath("/app")]),
    "return-command": .strings(["/bin/x"]),
  ])

  @Test func aNotificationGoesByEveryWay() throws {
    var request = LaunchRequest(address: "sip:a@example.org")
    request.call.notification = Self.whole
    request.call.channel = "other"
    try client.ask(.buildOngoingConferenceNotification(Self.whole))
    let id = try client.ask(.launch(request))
    try client.ask(.setNotification(Self.whole, id))
    #expect(daemon.requests("BuildOngoingConferenceNotification").first?.arguments == [Self.sent])
    let launch = daemon.requests("Launch").first?.arguments.first?.asDictionary
    #expect(launch?["notification"] == Self.sent)
    #expect(launch?["channel"] == .string("other"))
    #expect(daemon.requests("SetNotification").map(\.arguments) == [[Self.sent]])
  }

  @Test func whatIsAsForAnyCallIsLeftToTheDaemon() throws {
    #expect(CustomNotification().encoded == .dictionary([:]))
  }

  @Test func channelsGoThereAndBack() throws {
    let work = NotificationChannel(
      id: "work", name: "At work", importance: .max, lockscreenVisibility: .secret, sound: true)
    try client.ask(.createNotificationChannel(work))
    let sent = try #require(daemon.requests("CreateNotificationChannel").first?.arguments.first)
    let later = BusValue.dictionary(["id": .string("x"), "importance": .string("deafening"), "colour": .bool(true)])
    daemon.set(
      manager: "NotificationChannels", .array([sent, later, .dictionary(["name": .string("nameless")])], of: "a{sv}"))
    #expect(try client.manager().notificationChannels == [work, NotificationChannel(id: "x", name: "x")])
  }

  @Test func aDaemonThatSaysNothingOfItHasNoPlace() throws {
    daemon.set("abcd0000", ["State": .string("joined")])
    #expect(try client.session("abcd0000").notification == nil)
    daemon.set("abcd0000", ["Notification": .dictionary(["state": .string("shown"), "server": .string("mako")])])
    #expect(try client.session("abcd0000").notification == .init(.shown, server: "mako"))
  }
}

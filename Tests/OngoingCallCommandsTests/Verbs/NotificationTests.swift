// SPDX-License-Identifier: Apache-2.0
import CallModel
import OngoingCall
import OngoingCallTestSupport
import Testing

/// `notification` and `channel`.
@Suite struct NotificationTests: DaemonSuite {
  let fixture: DaemonFixture

  init() throws {
    let shown = BusValue.dictionary(["state": .string("shown"), "server": .string("dunst")])
    fixture = try DaemonFixture(call: DaemonFixture.standUp.merging(["Notification": shown]) { $1 })
  }

  @Test func aCallsNotificationIsReplaced() throws {
    let result = try tool.run(
      "notification", "--title", "Review", "--text", "Room 5", "--icon", "phone", "--priority", "low", "--visibility",
      "public", "--channel", "work")
    #expect(result.status == 0, "\(result.error)")
    #expect(result.output == "abcd0000 notification handed to dunst\n")
    #expect(daemon.requests("SetNotification").map(\.session) == ["abcd0000"])
    #expect(
      daemon.requests("SetNotification").first?.arguments == [
        .dictionary([
          "title": .string("Review"), "text": .string("Room 5"), "icon": .string("phone"), "priority": .string("low"),
          "visibility": .string("public"), "channel": .string("work"),
        ])
      ])
  }

  @Test func withoutAnOptionItIsAsAnyCalls() throws {
    #expect(try tool.run("notification", "abcd", "--json").outputJSON?.session?.notification?["server"] == "dunst")
    #expect(daemon.requests("SetNotification").first?.arguments == [.dictionary([:])])
  }

  @Test func whatTheDaemonRefusesIsSaid() throws {
    daemon.on("SetNotification") { _ in [.fail(BusErrorName.invalidOption, "option “channel”: there is none")] }
    let result = try tool.run("notification", "--channel", "x")
    #expect(result.status == 64)
    #expect(result.error == "ongoingcallctl: --channel: there is none\n")
    #expect(try tool.run("notification", "nothere0").status == 66)
  }

  // MARK: Channels

  private func addChannels() {
    func channel(_ id: String, _ name: String, sound: Bool) -> BusValue {
      .dictionary([
        "id": .string(id), "name": .string(name), "importance": .string("high"),
        "lockscreen-visibility": .string("secret"), "sound": .bool(sound), "of-a-later-version": .bool(true),
      ])
    }
    let channels = [channel("a", "A\u{1B}[2J", sound: false), channel("work", "At work", sound: true)]
    daemon.set(manager: "NotificationChannels", .array(channels, of: "a{sv}"))
  }

  @Test(arguments: [["channel"], ["channel", "list"]])
  func channelsAreListed(_ arguments: [String]) throws {
    addChannels()
    let result = try tool.run(arguments)
    #expect(result.status == 0, "\(result.error)")
    #expect(
      result.output == """
        a  “A[2J”: importance high, secret on a locked screen
        work  “At work”: importance high, secret on a locked screen, with sound

        """)
    let json = try tool.run(arguments + ["--json"])
    #expect(
      json.output.hasSuffix(
        #"{"id":"work","name":"At work","importance":"high","lockscreen-visibility":"secret","sound":true}]}"# + "\n"))
  }

  @Test func aChannelIsCreated() throws {
    daemon.on("CreateNotificationChannel") { _ in [.reply([])] }
    let result = try tool.run("channel", "create", "work", "--name", "At work", "--importance", "min", "--sound")
    #expect(result.status == 0, "\(result.error)")
    #expect(result.output == "work  “At work”: importance min, private on a locked screen, with sound\n")
    #expect(
      daemon.requests("CreateNotificationChannel").first?.arguments == [
        .dictionary([
          "id": .string("work"), "name": .string("At work"), "importance": .string("min"),
          "lockscreen-visibility": .string("private"), "sound": .bool(true),
        ])
      ])
  }

  @Test func aChannelIsDeleted() throws {
    daemon.on("DeleteNotificationChannel") { _ in [.reply([])] }
    let result = try tool.run("channel", "delete", "work")
    #expect(result.status == 0, "\(result.error)")
    #expect(result.output == "work deleted\n")
    #expect(daemon.requests("DeleteNotificationChannel").first?.arguments == [.string("work")])
    #expect(try tool.run("channel", "delete", "work", "--json").output == #"{"version":1,"deleted":"work"}"# + "\n")
  }

  @Test func aChannelThatIsNotThereIsNotDeleted() throws {
    daemon.on("DeleteNotificationChannel") { _ in [.fail(BusErrorName.invalidOption, "option “id”: there is none")] }
    let result = try tool.run("channel", "delete", "x")
    #expect(result.status == 64)
    #expect(result.error == "ongoingcallctl: ID: there is none\n")
  }

  @Test(arguments: [
    (["channel", "create"], "Missing expected argument"),
    (["channel", "delete"], "Missing expected argument"),
    (["channel", "rename", "x"], "unexpected arguments: 'rename', 'x'"),
    (["channel", "create", "x", "--importance", "loud"], "'min', 'low', 'default', 'high' or 'max'"),
  ])
  func mistakes(_ arguments: [String], _ says: String) throws {
    let result = try tool.run(arguments)
    #expect(result.status == 64)
    #expect(result.error.contains(says), "\(result.error)")
    #expect(daemon.requests("CreateNotificationChannel").isEmpty)
  }
}

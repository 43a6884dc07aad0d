// SPDX-License-Identifier: Apache-2.0
import CallModel
import FoundationEssentials
import Testing

/// What a launch leaves open: defaults, the configuration, and records.
@Suite struct CallSettingsTests {
  private static let keys: [String: (text: String, entry: (String, BusValue))] = [
    "Linger": ("yes", ("linger", .bool(true))),
    "LaunchTimeoutSec": ("1min 30s", ("launch-timeout", .uint32(90))),
    "ReconnectTimeoutSec": ("7", ("reconnect-timeout", .uint32(7))),
    "AloneTimeoutSec": ("infinity", ("alone-timeout", .uint32(0))),
    "InhibitSleep": ("no", ("inhibit-sleep", .bool(false))),
    "InhibitLidSwitch": ("yes", ("inhibit-lid-switch", .bool(true))),
    "PausePlayers": ("no", ("pause-players", .bool(false))),
  ]

  @Test func theConfigurationSaysWhatIsLeftOpen() throws {
    let rows = CallSettings.table.rows.filter { $0.configuration != nil }
    #expect(Set(rows.compactMap(\.configuration).map(\.name)) == Set(Self.keys.keys))
    for row in rows {
      let key = try #require(row.configuration)
      let (text, entry) = try #require(Self.keys[key.name])
      #expect(entry.0 == row.name)
      var configured = CallSettings()
      #expect(key.set(&configured, text))
      var open = CallSettings()
      CallSettings.table.fill(&open, from: configured)
      #expect(CallSettings.table.encode(open) == .dictionary([row.name: entry.1]))
      #expect(open != CallSettings())

      // What the launch says counts more, and an empty value is the default.
      var said = CallSettings()
      let other: BusValue = entry.1.asBool.map { .bool(!$0) } ?? .uint32(60)
      try CallSettings.table.read([(row.name, other)], into: &said)
      CallSettings.table.fill(&said, from: configured)
      #expect(CallSettings.table.encode(said) == .dictionary([row.name: other]))
      #expect(!key.set(&configured, "nonsense") && configured == open)
      #expect(key.set(&configured, "") && configured == CallSettings())
    }
  }

  @Test func aChoiceIsItsDefaultUntilItIsMade() {
    var settings = CallSettings()
    #expect(settings.$launchTimeout.given == nil && settings.launchTimeout == 120)
    settings.launchTimeout = 120
    #expect(settings.$launchTimeout.given == 120)
    #expect(settings == CallSettings())
    settings.$launchTimeout.given = nil
    #expect(settings.launchTimeout == settings.$launchTimeout.usual)
  }

  @Test func aRecordGoesThereAndBack() throws {
    var settings = CallSettings()
    #expect(try again(settings) == settings)
    settings.title = "Stand-up"
    settings.name = "standup"
    settings.applicationID = "org.example.App"
    settings.token = "t"
    settings.account = "me"
    settings.terminal = true
    (settings.terminalColumns, settings.terminalRows) = (120, 40)
    settings.workingDirectory = "/tmp"
    settings.environment = ["A=b"]
    settings.hangUpGrace = 7
    settings.launchTimeout = 1
    settings.reconnectTimeout = 2
    settings.aloneTimeout = 0
    settings.inhibitsSleep = false
    settings.inhibitsLidSwitch = true
    settings.pausesPlayers = false
    settings.lingers = true
    settings.startMuted = true
    settings.notification = CustomNotification()
    settings.notification?.text = "text"
    settings.channel = "work"
    settings.returnTarget = ReturnTarget(application: .init(name: "org.example.App", path: "/"), command: ["/bin/x"])
    // Each row but those of the way back has its place in a record.
    #expect(CallSettings.table.given(in: settings).count == CallSettings.table.rows.count)
    #expect(try again(settings) == settings)
  }

  /// What a record of an older version does not have is as in new settings.
  @Test func whatIsMissingInARecordIsLeftOpen() throws {
    let read = try JSONDecoder().decode(CallSettings.self, from: Data(#"{"title":"x","launchTimeout":7}"#.utf8))
    #expect(CallSettings.table.given(in: read).map(\.0) == ["title", "launch-timeout"])
  }

  private func again(_ settings: CallSettings) throws -> CallSettings {
    try JSONDecoder().decode(CallSettings.self, from: JSONEncoder().encode(settings))
  }

  // MARK: Channels

  @Test func aChannelGoesThereAndBack() throws {
    let work = NotificationChannel(
      id: "work", name: "At work", importance: .max, lockscreenVisibility: .secret, sound: true)
    #expect(NotificationChannel(work.encoded) == work)
    #expect(try NotificationChannel(work.encoded.asEntries ?? []) == work)
    #expect(work.isValid && NotificationChannel.default.isValid)
    #expect(try NotificationChannel([("id", .string(NotificationChannel.defaultID))]) == .default)
    #expect(throws: OptionProblem("id", "it is missing; every channel needs one")) {
      _ = try NotificationChannel([("name", .string("x"))])
    }
    for name in ["", "two\nlines", String(repeating: "x", count: 129)] {
      #expect(!NotificationChannel(id: "x", name: name).isValid)
    }
  }

  @Test func whatALaterDaemonSaysOfAChannelIsLeftOut() {
    let later = BusValue.dictionary(["id": .string("x"), "importance": .string("deafening"), "colour": .bool(true)])
    #expect(NotificationChannel(later) == NotificationChannel(id: "x", name: "x"))
    #expect(NotificationChannel(BusValue.dictionary(["name": .string("nameless")])) == nil)
  }
}

// SPDX-License-Identifier: Apache-2.0

extension BusInterface {
  package static let manager = BusInterface(
    BusName.managerInterface, methods: ManagerMethod.allCases.map(\.row), properties: ManagerInfo.properties.map(\.kind)
  )
}

/// The methods of the manager.
package enum ManagerMethod: String, Sendable, CaseIterable {
  case launch = "Launch"
  case abort = "Abort"
  case eventsSince = "EventsSince"
  case describe = "Describe"
  case createNotificationChannel = "CreateNotificationChannel"
  case deleteNotificationChannel = "DeleteNotificationChannel"
  case buildOngoingConferenceNotification = "BuildOngoingConferenceNotification"
  case addAccount = "AddAccount"
  case offerCall = "OfferCall"

  /// What a method shows or ends is what its caller may see of it.
  package var row: BusMethod {
    switch self {
    case .launch:
      BusMethod(rawValue, for: .identified, takes: [.init("options", "a{sv}")], gives: [.init("session", "o")])
    case .abort: BusMethod(rawValue, for: .anybody, takes: [.init("id", "s")])
    case .eventsSince:
      BusMethod(rawValue, for: .anybody, takes: [.init("sequence", "t")], gives: [.init("events", "a(ttsosa{sv})")])
    case .describe: BusMethod(rawValue, for: .anybody, gives: [.init("json", "s")])
    case .createNotificationChannel:
      BusMethod(rawValue, for: .unconfined(because: Self.sharedChannels), takes: [.init("channel", "a{sv}")])
    case .deleteNotificationChannel:
      BusMethod(rawValue, for: .unconfined(because: Self.sharedChannels), takes: [.init("id", "s")])
    case .buildOngoingConferenceNotification:
      BusMethod(rawValue, for: .identified, takes: [.init("notification", "a{sv}")])
    case .addAccount:
      BusMethod(
        rawValue, for: AccountMethod.callers, takes: [.init("settings", "a{sv}")], gives: [.init("account", "o")])
    // The user decides, whoever asks.
    case .offerCall:
      BusMethod(
        rawValue, for: .identified, takes: [.init("uri", "s"), .init("options", "a{sv}")],
        gives: [.init("session", "o"), .init("answer", "s")])
    }
  }

  private static let sharedChannels = "notification channels are for all of the user's applications"
}

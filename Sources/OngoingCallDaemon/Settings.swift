// SPDX-License-Identifier: Apache-2.0
import CallSession
import Logging
import OngoingCallNames

/// What a user sets for the daemon, in its environment (`systemctl --user edit ongoingcalld`).
enum Settings {
  /// Of ``EnvironmentName/notificationPause``: how long an ongoing notification stays away that was dismissed.
  static func dismissalPause(_ text: String?, logger: Logger) -> Duration {
    guard let text else { return Wait.dismissedNotification }
    guard let seconds = UInt32(text), Limit.dismissalPauseSeconds.contains(seconds) else {
      let (name, range) = (EnvironmentName.notificationPause, Limit.dismissalPauseSeconds)
      logger.warning(
        "\(name) is “\(DisplayText(String(text.prefix(64))))”, which is not a number of seconds from \(range.lowerBound) to \(range.upperBound); it is taken to be \(Wait.dismissedNotification)"
      )
      return Wait.dismissedNotification
    }
    return .seconds(Int(seconds))
  }
}

// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallModel

/// What a call's notification is to be where it is not to be as any call's.
struct NotificationOptions: ParsableArguments {
  @Option(help: "A line of text above the call's state.")
  var text: String?
  @Option(help: "The name of a theme icon, or the path of an image file (a path contains a “/”).", completion: .file())
  var icon: String?
  @Option(help: "How urgent the notification is.")
  var priority: Importance?
  @Option(help: "How much of the notification a locked screen shows.")
  var visibility: Visibility?
  @Option(
    help: ArgumentHelp("The notification channel to use (see “ongoingcallctl channel”).", valueName: "id"),
    completion: LaunchCompletion.channels)
  var channel: String?

  /// Without the channel; nil where nothing was chosen.
  func notification() throws(CommandFailure) -> CustomNotification? {
    guard text != nil || icon != nil || priority != nil || visibility != nil else { return nil }
    var notification = CustomNotification()
    notification.text = text
    notification.icon = try iconFromHere()
    notification.priority = priority
    notification.visibility = visibility
    return notification
  }

  private func iconFromHere() throws(CommandFailure) -> String? {
    guard let icon, icon.contains("/") else { return icon }
    return ProgramLookup.absolute(icon, in: try CallerEnvironment.currentDirectory())
  }
}

extension Importance: ExpressibleByArgument {}
extension Visibility: ExpressibleByArgument {}

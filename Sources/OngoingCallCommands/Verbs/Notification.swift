// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallModel
import OngoingCall

struct Notification: CallCommand {
  static let configuration = CommandConfiguration(
    abstract: "Change a call's notification.",
    discussion: """
      Settings that you do not give are reset to their defaults. The notification always shows the call's state and \
      buttons.
      """)

  @OptionGroup var session: SessionArgument
  @Option(help: "The notification's title (default: the call's title).")
  var title: String?
  @OptionGroup var look: NotificationOptions
  @OptionGroup var common: CommonOptions

  func perform(with client: CallsClient) throws -> Answer {
    var notification = try look.notification() ?? CustomNotification()
    notification.title = title
    notification.channel = look.channel
    let id = try choose(session.id, with: client)
    try client.tell(id) { () throws(CallsError) in try client.ask(.setNotification(notification, id)) }
    let info = try client.existing(id)
    return Answer("\(id) " + (info.shownNotification ?? "has its new notification"), session: info)
  }
}

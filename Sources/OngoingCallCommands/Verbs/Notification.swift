// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallModel
import OngoingCall

struct Notification: CallCommand {
  static let configuration = CommandConfiguration(
    abstract: "Change what a call's notification looks like.",
    discussion: """
      All of it: what is not given is as in any call's notification. The call's state and its buttons are always there.
      """)

  @OptionGroup var session: SessionArgument
  @Option(help: "Its title (default: the call's).")
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
    return Answer("\(id) " + (info.shownNotification ?? "has another notification"), session: info)
  }
}

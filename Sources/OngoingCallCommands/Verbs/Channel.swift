// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallModel
import OngoingCall

struct Channel: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List, create and delete notification channels.",
    discussion: "A notification channel is a named set of defaults for notifications.",
    subcommands: [ChannelList.self, ChannelCreate.self, ChannelDelete.self], defaultSubcommand: ChannelList.self)
}

struct ChannelList: CallCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the notification channels, one per line.")

  @OptionGroup var common: CommonOptions

  func perform(with client: CallsClient) throws -> Answer {
    let channels = try client.manager().notificationChannels
    return Answer(
      channels.isEmpty ? "no channels" : channels.map(\.line).joined(separator: "\n"),
      json: ["channels": .array(channels.map(\.json))])
  }
}

struct ChannelCreate: CallCommand {
  static let configuration = CommandConfiguration(
    commandName: "create", abstract: "Create a notification channel, or replace its settings.",
    discussion: "Settings that you do not give are reset to their defaults. Calls that use the channel change at once.")

  @Argument(help: "The channel's ID: letters, digits, “-”, “.” and “_”.")
  var id: String
  @Option(help: "The channel's name (default: the ID).")
  var name: String?
  @Option(help: "How urgent its notifications are.")
  var importance: Importance = .default
  @Option(help: "How much of its notifications a locked screen shows.")
  var lockscreenVisibility: Visibility = .private
  @Flag(help: "Let the desktop play a sound when a notification is posted.")
  var sound = false
  @OptionGroup var common: CommonOptions

  func perform(with client: CallsClient) throws -> Answer {
    let channel = NotificationChannel(
      id: id, name: name ?? id, importance: importance, lockscreenVisibility: lockscreenVisibility, sound: sound)
    try client.ask(.createNotificationChannel(channel))
    return Answer(channel.line, json: ["channel": channel.json], isOfChange: true)
  }
}

struct ChannelDelete: CallCommand {
  static let configuration = CommandConfiguration(
    commandName: "delete", abstract: "Delete a notification channel.",
    discussion:
      "Calls that use the channel switch to the default channel at once. The default channel cannot be deleted.")

  @Argument(help: "The channel's ID.", completion: LaunchCompletion.channels)
  var id: String
  @OptionGroup var common: CommonOptions

  func perform(with client: CallsClient) throws -> Answer {
    try client.ask(.deleteNotificationChannel(id))
    return Answer("\(shown(id)) deleted", json: ["deleted": .string(id)], isOfChange: true)
  }
}

extension NotificationChannel {
  fileprivate var line: String {
    let sound = sound ? ", with sound" : ""
    return "\(shown(id))  “\(shown(name, limit: 60))”: importance \(importance.rawValue), "
      + "\(lockscreenVisibility.rawValue) on a locked screen\(sound)"
  }

  fileprivate var json: JSON {
    [
      "id": .string(id), "name": .string(name), "importance": .string(importance.rawValue),
      "lockscreen-visibility": .string(lockscreenVisibility.rawValue), "sound": .bool(sound),
    ]
  }
}

// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallModel
import OngoingCall

struct Channel: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List the channels of notifications, create or delete one.",
    discussion: "A channel is a named set of what notifications are like where they do not say it themselves.",
    subcommands: [ChannelList.self, ChannelCreate.self, ChannelDelete.self], defaultSubcommand: ChannelList.self)
}

struct ChannelList: CallCommand {
  static let configuration = CommandConfiguration(commandName: "list", abstract: "List the channels, one a line.")

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
    commandName: "create", abstract: "Create a channel, or give it other settings.",
    discussion: "All of them: what is not given is as in a new channel. Calls that are of it follow at once.")

  @Argument(help: "Its id, of letters, digits, “-”, “.” and “_”.")
  var id: String
  @Option(help: "Its name (default: the id).")
  var name: String?
  @Option(help: "How much its notifications may ask for attention.")
  var importance: Importance = .default
  @Option(help: "What of them may be seen on a locked screen.")
  var lockscreenVisibility: Visibility = .private
  @Flag(help: "Let the desktop make a sound when one is posted.")
  var sound = false
  @OptionGroup var common: CommonOptions

  func perform(with client: CallsClient) throws -> Answer {
    let channel = NotificationChannel(
      id: id, name: name ?? id, importance: importance, lockscreenVisibility: lockscreenVisibility, sound: sound)
    try client.ask(.createNotificationChannel(channel))
    return Answer(channel.line, json: ["channel": channel.json])
  }
}

struct ChannelDelete: CallCommand {
  static let configuration = CommandConfiguration(
    commandName: "delete", abstract: "Delete a channel.",
    discussion: "Calls that are of it are of the default channel at once, which itself cannot be deleted.")

  @Argument(help: "Its id.")
  var id: String
  @OptionGroup var common: CommonOptions

  func perform(with client: CallsClient) throws -> Answer {
    try client.ask(.deleteNotificationChannel(id))
    return Answer("\(shown(id)) deleted", json: ["deleted": .string(id)])
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

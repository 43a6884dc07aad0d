// SPDX-License-Identifier: Apache-2.0
import CallNotification
import FoundationEssentials
import Logging
import OngoingCallNames
import Systemd

/// The user's notification channels, which a file keeps.
@EventLoopActor
final class ChannelStore {
  private(set) var channels = NotificationChannels()
  private let directory: String?
  private let logger: Logger
  private static let version = 1
  private static let fileName = "channels.json"

  private struct Contents: Codable {
    var version: Int
    var channels: [NotificationChannel]
  }

  private var path: String? { directory.map { "\($0)/\(Self.fileName)" } }

  /// A file that cannot be read is set aside, for people to look at, and logged.
  /// - Parameter directory: nil where there is none: then there is the default channel alone.
  init(directory: String?, logger: Logger) {
    self.directory = directory
    self.logger = logger
    guard let path, Files.exists(path) else { return }
    if let kept = Self.load(path) {
      for channel in kept { channels.create(channel) }
    } else {
      logger.error("\(path) is not readable; the notification channels in it are lost, and it is set aside")
      do { _ = try Files.setAside(path) } catch { logger.error("\(error)") }
    }
  }

  private static func load(_ path: String) -> [NotificationChannel]? {
    guard let bytes = Files.read(path),
      let contents = try? JSONDecoder().decode(Contents.self, from: Data(bytes)), contents.version == version,
      contents.channels.count <= Limit.channels, contents.channels.allSatisfy(\.isValid),
      Set(contents.channels.map(\.id)).count == contents.channels.count
    else { return nil }
    return contents.channels
  }

  /// Adds a channel, or puts it in the place of the one with its id. It is there once it is in the file.
  func create(_ channel: NotificationChannel) throws(BusError) {
    var changed = channels
    changed.create(channel)
    guard changed != channels else { return }
    guard changed.created.count <= Limit.channels else {
      let text = "there are \(Limit.channels) notification channels, and no more are kept"
      throw BusError(.limitReached(text + "; give one of them other settings"))
    }
    try keep(changed, or: "the channel “\(channel.id)” cannot be kept")
    logger.info("there is a notification channel “\(channel.id)” (“\(channel.name)”)")
  }

  /// Takes a channel away: it is gone once it is not in the file any more. There must be one, and not be the default.
  func delete(_ id: String) throws(BusError) {
    guard id != NotificationChannel.defaultID else {
      let text = "“\(id)” is the default channel, which cannot be deleted; create it anew to give it other settings"
      throw BusError(.invalidOption(ChannelKey.id, text))
    }
    guard channels[id] != nil else {
      let text = "there is no notification channel “\(OptionDictionary.shown(id))”; \(channels.listed)"
      throw BusError(.invalidOption(ChannelKey.id, text))
    }
    var changed = channels
    changed.delete(id)
    try keep(changed, or: "the channel “\(id)” cannot be deleted")
    logger.info("there is no notification channel “\(id)” any more")
  }

  private func keep(_ changed: NotificationChannels, or problem: String) throws(BusError) {
    guard let directory, let path else {
      let text = "there is no folder for it; set HOME or \(EnvironmentName.stateHome) to an absolute path"
      throw BusError(BusError.inputOutput, "\(problem): \(text)")
    }
    do {
      try Files.makeDirectories(directory)
      let contents = Contents(version: Self.version, channels: changed.created)
      try Files.write(Array(JSONEncoder().encode(contents)), to: path, durably: true)
    } catch { throw BusError(BusError.inputOutput, "\(problem): \(error)") }
    channels = changed
  }
}

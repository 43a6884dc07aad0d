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
  private let directory: String
  private let logger: Logger
  private static let version = 1
  private static let fileName = "channels.json"

  private struct Contents: Codable {
    var version: Int
    var channels: [NotificationChannel]
  }

  private var path: String { "\(directory)/\(Self.fileName)" }

  /// A file that cannot be read is set aside, for people to look at, and logged.
  init(directory: String, logger: Logger) {
    self.directory = directory
    self.logger = logger
    guard Files.exists(path) else { return }
    if let kept = load() {
      for channel in kept { channels.create(channel) }
    } else {
      logger.error("\(path) is not readable; the notification channels in it are lost, and it is set aside")
      do { _ = try Files.setAside(path) } catch { logger.error("\(error)") }
    }
  }

  /// `$XDG_STATE_HOME/ongoingcall`
  static func standardDirectory() -> String {
    let home = Environment[EnvironmentName.stateHome].flatMap { $0.hasPrefix("/") ? $0 : nil }
    return (home ?? (Environment["HOME"] ?? "") + "/.local/state") + "/\(DataPath.state)"
  }

  private func load() -> [NotificationChannel]? {
    guard let bytes = Files.read(path),
      let contents = try? JSONDecoder().decode(Contents.self, from: Data(bytes)), contents.version == Self.version,
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
    do {
      try Files.makeDirectories(directory)
      let contents = Contents(version: Self.version, channels: changed.created)
      try Files.write(Array(JSONEncoder().encode(contents)), to: path, durably: true)
    } catch {
      throw BusError(BusError.inputOutput, "the channel “\(channel.id)” cannot be kept: \(error)")
    }
    channels = changed
    logger.info("there is a notification channel “\(channel.id)” (“\(channel.name)”)")
  }
}

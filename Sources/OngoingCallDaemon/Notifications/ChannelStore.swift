// SPDX-License-Identifier: Apache-2.0
import CallModel
import CallNotification
import FoundationEssentials
import LinuxFiles
import Logging
import Systemd

/// The user's notification channels, which are saved in a file.
@EventLoopActor
final class ChannelStore {
  private(set) var channels = NotificationChannels()
  private let directory: String?
  private let logger: Logger
  /// Called when the channels have changed.
  var observers: [@EventLoopActor () -> Void] = []
  /// The number of changes in progress.
  private var underWay = 0
  private nonisolated static let version = 1
  private static let fileName = "channels.json"

  private struct Contents: Codable {
    var version: Int
    var channels: [NotificationChannel]
  }

  private var path: String? { directory.map { "\($0)/\(Self.fileName)" } }

  /// - Parameters:
  ///   - directory: nil if there is none; then there is only the default channel.
  ///   - known: the channels that an earlier daemon has read.
  init(directory: String?, known: [NotificationChannel]?, logger: Logger) {
    self.directory = directory
    self.logger = logger
    if let known { take(known) }
  }

  // MARK: Reading

  /// Reads the file in the background.
  func read(within patience: Duration = Wait.files, then: @escaping () -> Void = {}) {
    guard let path else { return then() }
    FileWorker.shared.submit(about: path, within: patience) {
      .channels(path)
    } late: { [weak self] in
      self?.take($0)
    } done: { [weak self] (result: Result<[NotificationChannel], FileTrouble>) in
      if case .success(let kept) = result { self?.take(kept) }
      then()
    }
  }

  private func take(_ kept: [NotificationChannel]) {
    var read = NotificationChannels()
    for channel in kept { read.create(channel) }
    become(read)
  }

  private func become(_ changed: NotificationChannels) {
    guard channels != changed else { return }
    channels = changed
    for observer in observers { observer() }
  }

  /// Reads the channels from a file. An unreadable file is logged, and set aside for people to look at.
  nonisolated static func load(_ path: String, _ logger: Logger) -> [NotificationChannel] {
    guard Files.exists(path) else { return [] }
    if let bytes = Files.read(path),
      let contents = try? JSONDecoder().decode(Contents.self, from: Data(bytes)), contents.version == version,
      contents.channels.count <= Limit.channels, contents.channels.allSatisfy(\.isValid),
      Set(contents.channels.map(\.id)).count == contents.channels.count
    {
      return contents.channels
    }
    logger.error("\(path) is unreadable; its notification channels are lost, and the file is set aside")
    do { _ = try Files.setAside(path) } catch { logger.error("\(error)") }
    return []
  }

  // MARK: Changing

  /// Adds a channel, or replaces the one with the same id. Returns when it is in the file.
  func create(_ channel: NotificationChannel) async throws(BusError) {
    try await change("cannot save the channel “\(channel.id)”") { changed throws(BusError) in
      changed.create(channel)
      guard changed.created.count <= Limit.channels else {
        let text = "there are \(Limit.channels) notification channels, which is the limit"
        throw BusError(.limitReached(text + "; change or delete one of them"))
      }
      return "created the notification channel “\(channel.id)” (“\(channel.name)”)"
    }
  }

  /// Deletes a channel, which must exist and must not be the default one. Returns when it is no longer in the file.
  func delete(_ id: String) async throws(BusError) {
    guard id != NotificationChannel.defaultID else {
      let text = "“\(id)” is the default channel, which cannot be deleted; create it again to change its settings"
      throw BusError(.invalidOption(ChannelKey.id, text))
    }
    try await change("cannot delete the channel “\(id)”") { changed throws(BusError) in
      guard changed[id] != nil else {
        let text = "\(NotificationChannel.missing(id)); \(changed.listed)"
        throw BusError(.invalidOption(ChannelKey.id, text))
      }
      changed.delete(id)
      return "deleted the notification channel “\(id)”"
    }
  }

  /// Makes a change after the changes before it have been made, or have failed.
  ///
  /// - Parameter make: returns a line for the journal.
  private func change(
    _ problem: String, _ make: @escaping (inout NotificationChannels) throws(BusError) -> String
  ) async throws(BusError) {
    let result: Result<Void, BusError> = await withCheckedContinuation { continuation in
      change(problem, make) { continuation.resume(returning: $0) }
    }
    try result.get()
  }

  private func change(
    _ problem: String, _ make: @escaping (inout NotificationChannels) throws(BusError) -> String,
    _ answer: @escaping (Result<Void, BusError>) -> Void
  ) {
    var (changed, text) = (channels, "")
    // Applications create their channels whenever they start. If that changes nothing, do not wait for the folder.
    if underWay == 0, (try? make(&changed)) != nil, changed == channels { return answer(.success(())) }
    guard let directory else {
      let text = "no folder to save it in; set HOME or \(EnvironmentName.stateHome) to an absolute path"
      return answer(.failure(BusError(BusError.inputOutput, "\(problem): \(text)")))
    }
    let keep = { [weak self] in
      guard let self else { return }
      become(changed)
      logger.info("\(text)")
    }
    underWay += 1
    FileWorker.shared.submit(about: directory, within: Wait.files) { [weak self] in
      guard let self else { return nil }
      changed = channels
      do throws(BusError) { text = try make(&changed) } catch {
        underWay -= 1
        answer(.failure(error))
        return nil
      }
      guard changed != channels else {
        underWay -= 1
        answer(.success(()))
        return nil
      }
      let contents = Contents(version: Self.version, channels: changed.created)
      let encoded = (try? JSONEncoder().encode(contents)).map { String(decoding: $0, as: UTF8.self) } ?? ""
      return .write(Self.fileName, in: directory, text: encoded)
    } late: { (_: FileJob.Done) in
      // The caller was told that the change may still be made.
      keep()
    } done: { [weak self] (result: Result<FileJob.Done, FileTrouble>) in
      self?.underWay -= 1
      switch result {
      case .success:
        keep()
        answer(.success(()))
      case .failure(let trouble): answer(.failure(BusError(BusError.inputOutput, "\(problem): \(trouble)")))
      }
    }
  }
}

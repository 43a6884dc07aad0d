// SPDX-License-Identifier: Apache-2.0
import CallModel
import CallNotification
import FoundationEssentials
import Logging
import Systemd

/// The user's notification channels, which a file keeps.
@EventLoopActor
final class ChannelStore {
  private(set) var channels = NotificationChannels()
  private let directory: String?
  private let logger: Logger
  /// Called when the channels are others than before.
  var observers: [@EventLoopActor () -> Void] = []
  /// Changes that are waited for.
  private var underWay = 0
  private nonisolated static let version = 1
  private static let fileName = "channels.json"

  private struct Contents: Codable {
    var version: Int
    var channels: [NotificationChannel]
  }

  private var path: String? { directory.map { "\($0)/\(Self.fileName)" } }

  /// - Parameters:
  ///   - directory: nil where there is none: then there is the default channel alone.
  ///   - known: what another daemon has read.
  init(directory: String?, known: [NotificationChannel]?, logger: Logger) {
    self.directory = directory
    self.logger = logger
    if let known { take(known) }
  }

  // MARK: Reading

  /// Reads the file, in the background.
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

  /// What is in the file. One that cannot be read is set aside, for people to look at, and logged.
  nonisolated static func load(_ path: String, _ logger: Logger) -> [NotificationChannel] {
    guard Files.exists(path) else { return [] }
    if let bytes = Files.read(path),
      let contents = try? JSONDecoder().decode(Contents.self, from: Data(bytes)), contents.version == version,
      contents.channels.count <= Limit.channels, contents.channels.allSatisfy(\.isValid),
      Set(contents.channels.map(\.id)).count == contents.channels.count
    {
      return contents.channels
    }
    logger.error("\(path) is not readable; the notification channels in it are lost, and it is set aside")
    do { _ = try Files.setAside(path) } catch { logger.error("\(error)") }
    return []
  }

  // MARK: Changing

  /// Adds a channel, or puts it in the place of the one with its id. It is there once it is in the file.
  func create(_ channel: NotificationChannel) async throws(BusError) {
    try await change("the channel “\(channel.id)” cannot be kept") { changed throws(BusError) in
      changed.create(channel)
      guard changed.created.count <= Limit.channels else {
        let text = "there are \(Limit.channels) notification channels, and no more are kept"
        throw BusError(.limitReached(text + "; give one of them other settings"))
      }
      return "there is a notification channel “\(channel.id)” (“\(channel.name)”)"
    }
  }

  /// Takes a channel away: it is gone once it is not in the file any more. There must be one, and not be the default.
  func delete(_ id: String) async throws(BusError) {
    guard id != NotificationChannel.defaultID else {
      let text = "“\(id)” is the default channel, which cannot be deleted; create it anew to give it other settings"
      throw BusError(.invalidOption(ChannelKey.id, text))
    }
    try await change("the channel “\(id)” cannot be deleted") { changed throws(BusError) in
      guard changed[id] != nil else {
        let text = "there is no notification channel “\(OptionProblem.shown(id))”; \(changed.listed)"
        throw BusError(.invalidOption(ChannelKey.id, text))
      }
      changed.delete(id)
      return "there is no notification channel “\(id)” any more"
    }
  }

  /// Makes a change when those before it are made, or have failed.
  ///
  /// - Parameter make: returns what the journal is told of it.
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
    // Applications create their channels whenever they start: where that changes nothing, nothing waits for a folder.
    if underWay == 0, (try? make(&changed)) != nil, changed == channels { return answer(.success(())) }
    guard let directory else {
      let text = "there is no folder for it; set HOME or \(EnvironmentName.stateHome) to an absolute path"
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
      // Whoever asked was told that it may yet come.
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

// SPDX-License-Identifier: Apache-2.0
import CallModel
import CallNotification
import FoundationEssentials
import LinuxFiles
import Logging
import Systemd

/// Everything that the daemon reads from the user's home, and from the shared folders that correspond to it.
///
/// A home may not answer, and calls do not wait for it. What was read last is saved in the runtime folder, for the next
/// daemon to start with. The first daemon of a login waits a moment, and then starts with defaults. What is read later
/// takes effect when it arrives.
@EventLoopActor
final class Home {
  /// What is saved.
  private struct Contents: Codable, Equatable {
    var version = 1
    var configuration = Configuration()
    var engines: EngineFiles?
    var channels: [NotificationChannel] = []
    var icon: String?
    /// nil where an older daemon has saved it.
    var accounts: AccountFiles?
    var accountNumbers: AccountNumbers?
  }

  let engines: InstalledEngines
  let channels: ChannelStore
  let accounts: AccountStore
  private(set) var configuration: Configuration
  var onConfiguration: (@EventLoopActor (Configuration) -> Void)?
  private let directories = ConfigurationDirectories.standard()
  private let memory: String
  private var remembered: Contents?
  private let logger: Logger

  /// - Parameter directory: the runtime folder.
  init(rememberedIn directory: String, _ catalog: EngineCatalog, logger: Logger) {
    memory = "\(directory)/home.json"
    self.logger = logger
    let bytes = try? Files.readOwn(memory)
    let contents = bytes.flatMap { try? JSONDecoder().decode(Contents.self, from: Data($0)) }
    remembered = contents?.version == Contents().version ? contents : nil
    configuration = remembered?.configuration ?? Configuration()
    engines = InstalledEngines(catalog, known: remembered?.engines)
    channels = ChannelStore(directory: StateDirectory.standard(), known: remembered?.channels, logger: logger)
    accounts = AccountStore(
      directory: AccountStore.standardDirectory(), known: remembered?.accounts, numbers: remembered?.accountNumbers,
      logger: logger)
    ApplicationIcon.known = remembered?.icon ?? ApplicationIcon.known
    engines.onChange = { [weak self] in self?.remember() }
    channels.observers.append { [weak self] in self?.remember() }
    accounts.observers.append { [weak self] _ in self?.remember() }
  }

  /// Whether an earlier daemon has read everything.
  var isRemembered: Bool { remembered != nil }

  /// Reads everything. Returns when that is done, or after a moment.
  func read() async {
    if !isRemembered {
      // Read the shared folders first, to have something if the home does not answer.
      read(ConfigurationDirectories(paths: Self.outsideHome(directories.paths)), within: Wait.filesAtStart) { _ in }
      engines.read(only: Self.outsideHome(EngineCatalog.standardDirectories()))
    }
    if let trouble = await readConfiguration(within: Wait.filesAtStart) {
      logger.warning(
        "the configuration is \(isRemembered ? "what it was before" : "the default") until it can be read: \(trouble)")
    }
    _ = await engines.current(within: Wait.filesAtStart)
    await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
      channels.read(within: Wait.filesAtStart) { continuation.resume() }
    }
    await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
      accounts.read(within: Wait.filesAtStart) { continuation.resume() }
    }
    readIcon()
    remember()
  }

  /// Reads the configuration again, and returns why that failed.
  func reload() async -> FileTrouble? { await readConfiguration(within: Wait.files) }

  private func readConfiguration(within patience: Duration) async -> FileTrouble? {
    await withCheckedContinuation { continuation in
      read(directories, within: patience) { continuation.resume(returning: $0) }
    }
  }

  private func read(
    _ directories: ConfigurationDirectories, within patience: Duration, _ done: @escaping (FileTrouble?) -> Void
  ) {
    FileWorker.shared.submit(about: directories.paths.first ?? "", within: patience) {
      .configuration(directories)
    } late: {
      [weak self] in
      self?.take($0)
    } done: { [weak self] (result: Result<Configuration, FileTrouble>) in
      switch result {
      case .success(let read):
        self?.take(read)
        done(nil)
      case .failure(let trouble): done(trouble)
      }
    }
  }

  private func take(_ read: Configuration) {
    let isNew = read != configuration
    configuration = read
    onConfiguration?(read)
    if isNew { remember() }
  }

  private func readIcon() {
    let directories = BaseDirectories().data
    FileWorker.shared.submit(about: directories.first ?? "", within: Wait.files) {
      .icon(directories)
    } late: {
      [weak self] in
      self?.take(icon: $0)
    } done: { [weak self] (result: Result<String, FileTrouble>) in
      if case .success(let icon) = result { self?.take(icon: icon) }
    }
  }

  private func take(icon: String) {
    ApplicationIcon.known = icon
    remember()
  }

  private func remember() {
    let now = Contents(
      configuration: configuration, engines: engines.files, channels: channels.channels.created,
      icon: ApplicationIcon.known, accounts: accounts.files, accountNumbers: accounts.numbers)
    guard now != remembered else { return }
    remembered = now
    do { try Files.write(Array(JSONEncoder().encode(now)), to: memory) } catch {
      logger.warning("cannot save a copy for the next daemon, which must read the user's home: \(error)")
    }
  }

  /// The folders outside the user's home.
  private static func outsideHome(_ paths: [String]) -> [String] {
    guard let home = Environment["HOME"] else { return paths }
    return paths.filter { !$0.hasPrefix(home.hasSuffix("/") ? home : home + "/") }
  }
}

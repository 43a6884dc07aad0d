// SPDX-License-Identifier: Apache-2.0
import CallModel
import CallNotification
import FoundationEssentials
import Logging
import Systemd

/// What the daemon reads in the user's home, and in the folders beside it that administrators have for the same.
///
/// A home may not answer, and calls do not wait for it: what was read before is remembered in the runtime folder, for the
/// next daemon to begin with. The first one of a login waits a moment, and then begins with defaults. What is read
/// later is taken over when it arrives.
@EventLoopActor
final class Home {
  /// What is remembered.
  private struct Contents: Codable, Equatable {
    var version = 1
    var configuration = Configuration()
    var engines: EngineFiles?
    var channels: [NotificationChannel] = []
    var icon: String?
  }

  let engines: InstalledEngines
  let channels: ChannelStore
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
    ApplicationIcon.known = remembered?.icon ?? ApplicationIcon.known
    engines.onChange = { [weak self] in self?.remember() }
    channels.observers.append { [weak self] in self?.remember() }
  }

  /// A daemon before this one has read it all.
  var isRemembered: Bool { remembered != nil }

  /// Reads it all. Returns when that is done, or after a moment.
  func read() async {
    if !isRemembered {
      // First what is not in the home, which is there to go on with where the home does not answer.
      read(directories.shared, isWhole: false) {}
      engines.read(only: DataDirectories.shared(EngineCatalog.standardDirectories()))
    }
    await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
      read(directories, isWhole: true) { continuation.resume() }
    }
    _ = await engines.current(within: Wait.filesAtStart)
    await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
      channels.read(within: Wait.filesAtStart) { continuation.resume() }
    }
    readIcon()
    remember()
  }

  /// Reads the configuration again, and returns what kept it from that.
  func reload() async -> FileTrouble? {
    await withCheckedContinuation { continuation in
      FileWorker.shared.submit(about: place, within: Wait.files) { [directories] in
        .configuration(directories)
      } late: {
        [weak self] in
        self?.take($0)
      } done: { [weak self] (result: Result<Configuration, FileTrouble>) in
        switch result {
        case .success(let read):
          self?.take(read)
          continuation.resume(returning: nil)
        case .failure(let trouble): continuation.resume(returning: trouble)
        }
      }
    }
  }

  private var place: String { directories.paths.first ?? "" }

  private func read(_ directories: ConfigurationDirectories, isWhole: Bool, _ then: @escaping () -> Void) {
    let place = directories.paths.first ?? ""
    FileWorker.shared.submit(about: place, within: Wait.filesAtStart) {
      .configuration(directories)
    } late: {
      [weak self] in
      self?.take($0)
    } done: { [weak self] (result: Result<Configuration, FileTrouble>) in
      switch result {
      case .success(let read): self?.take(read)
      case .failure(let trouble):
        guard let self, isWhole else { return then() }
        logger.warning(
          "the configuration is \(isRemembered ? "what it was before" : "the default") until it can be read: \(trouble)"
        )
      }
      then()
    }
  }

  private func take(_ read: Configuration) {
    let isNew = read != configuration
    configuration = read
    onConfiguration?(read)
    if isNew { remember() }
  }

  private func readIcon() {
    let directories = DataDirectories.standard()
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
      icon: ApplicationIcon.known)
    guard now != remembered else { return }
    remembered = now
    do { try Files.write(Array(JSONEncoder().encode(now)), to: memory) } catch {
      logger.warning("the next daemon will have to read the user's home before it knows it: \(error)")
    }
  }
}

extension ConfigurationDirectories {
  /// Those that are not in the user's home.
  fileprivate var shared: ConfigurationDirectories { .init(paths: DataDirectories.shared(paths)) }
}

extension DataDirectories {
  /// Of some folders, those that are not in the user's home.
  fileprivate static func shared(_ paths: [String]) -> [String] {
    guard let home = Environment["HOME"] else { return paths }
    return paths.filter { !$0.hasPrefix(home.hasSuffix("/") ? home : home + "/") }
  }
}

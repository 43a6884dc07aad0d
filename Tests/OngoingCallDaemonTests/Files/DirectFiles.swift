// SPDX-License-Identifier: Apache-2.0
import CallModel
import CallNotification
import LinuxFiles
import Logging
import Systemd

@testable import OngoingCallDaemon

// What the daemon asks its process for files, asked at once: a test's files answer.

extension FileFacts {
  /// The answers to what `check` asks.
  static func direct(_ check: (FileFacts) throws -> Void) -> FileFacts {
    let first = FileFacts()
    try? check(first)
    return FileFacts(Dictionary(first.questions.map { ($0, $0.look()) }) { first, _ in first })
  }
}

extension EngineCatalog {
  var list: EngineList { EngineList(all: engines()) }

  func engine(named name: String) throws(CallRefusal) -> EngineDescriptor { try list.engine(named: name) }
  func engine(forScheme scheme: String) throws(CallRefusal) -> EngineDescriptor { try list.engine(forScheme: scheme) }
}

extension LaunchOptions {
  func spec(
    _ catalog: EngineCatalog, _ defaults: Configuration = .init(), _ accounts: AccountList = .init()
  ) throws(CallRefusal) -> LaunchSpec {
    let files = FileFacts.direct { _ = try spec(catalog.list, accounts, defaults, $0) }
    return try spec(catalog.list, accounts, defaults, files)
  }
}

extension CustomNotification {
  init(
    options: [(String, BusValue)], channels: NotificationChannels, phrases: Phrases = .init()
  ) throws(CallRefusal) {
    let files = FileFacts.direct {
      _ = try CustomNotification(options: options, channels: channels, phrases: phrases, files: $0)
    }
    try self.init(options: options, channels: channels, phrases: phrases, files: files)
  }
}

extension ChannelStore {
  /// One that has read its file.
  convenience init(directory: String?, logger: Logger) {
    self.init(directory: directory, known: nil, logger: logger)
    read()
  }
}

extension LingerNote {
  nonisolated var exists: Bool { Files.exists(path) }
}

// SPDX-License-Identifier: Apache-2.0
import Logging
import Synchronization

/// What was logged, for a test to look at.
final class LogLines: Sendable {
  private let entries = Mutex<[(line: String, fields: [String: String])]>([])

  var logger: Logger { Logger(label: "test") { _ in Handler(log: self) } }

  var lines: [String] { entries.withLock { $0.map(\.line) } }

  /// The metadata of a line, counted from 0.
  func fields(_ index: Int) -> [String: String]? {
    entries.withLock { $0.indices.contains(index) ? $0[index].fields : nil }
  }

  private struct Handler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .info
    let log: LogLines

    subscript(metadataKey key: String) -> Logger.MetadataValue? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      let fields = (event.metadata ?? [:]).mapValues { "\($0)" }
      log.entries.withLock { $0.append(("\(event.message)", fields)) }
    }
  }
}

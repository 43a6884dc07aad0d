// SPDX-License-Identifier: Apache-2.0
public import Logging

/// A swift-log backend that writes to the journal. Metadata become fields; their names are changed to upper case, and
/// `-` and `.` to `_`. Without a journal, lines go to standard error.
public struct JournalLogHandler: LogHandler {
  public var metadata: Logger.Metadata = [:]
  public var metadataProvider: Logger.MetadataProvider?
  public var logLevel: Logger.Level = .info
  private let label: String

  public init(label: String) { self.label = label }

  public subscript(metadataKey key: String) -> Logger.MetadataValue? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  public func log(event: LogEvent) {
    let all =
      metadata
      .merging(metadataProvider?.get() ?? [:]) { $1 }
      .merging(event.metadata ?? [:]) { $1 }
    var fields = all.map { (Self.fieldName($0.key), "\($0.value)") }.sorted { $0.0 < $1.0 }
    fields.append(("LOGGER", label))
    fields.append(("CODE_FILE", event.file))
    fields.append(("CODE_LINE", String(event.line)))
    fields.append(("CODE_FUNC", event.function))
    let message = event.error.map { "\(event.message): \($0)" } ?? "\(event.message)"
    guard Journal.send(Journal.Priority(event.level), message, fields: fields) else {
      return StandardError.say("<\(Journal.Priority(event.level).rawValue)>\(message)\n")
    }
  }

  static func fieldName(_ key: String) -> String {
    String(
      key.uppercased().map { character in
        character.isASCII && (character.isLetter || character.isNumber) ? character : "_"
      })
  }
}

extension Journal.Priority {
  init(_ level: Logger.Level) {
    self =
      switch level {
      case .trace, .debug: .debug
      case .info: .info
      case .notice: .notice
      case .warning: .warning
      case .error: .error
      case .critical: .critical
      }
  }
}

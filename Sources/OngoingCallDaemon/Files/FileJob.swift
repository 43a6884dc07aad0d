// SPDX-License-Identifier: Apache-2.0
import CallModel
import CallNotification
import FoundationEssentials
import Logging
import Systemd

/// What is to be done with files that may be on a disk, or on another machine, which does not answer.
enum FileJob: Codable, Sendable {
  /// The answer is a ``Configuration``.
  case configuration(ConfigurationDirectories)
  /// Maybe an ``EngineFiles``, and none where they are as in `known`.
  case engines([String], known: [Files.Stamp]?)
  /// An array of ``NotificationChannel``; what cannot be read is set aside.
  case channels(String)
  /// The answers of ``FileQuestion/look()``.
  case look([FileQuestion])
  /// ``ApplicationIcon/shown(in:)``.
  case icon([String])
  /// Maybe the text of a file, and none where there is no file.
  case read(String)
  /// Replaces a file, durably, and makes the folders above it; ``Done``.
  case write(String, in: String, text: String)
  /// ``Done``, also where there is none.
  case remove(String)

  struct Done: Codable, Sendable {}

  struct Maybe<Value: Codable & Sendable>: Codable, Sendable { var value: Value? }

  /// Does it, and encodes the answer (``FileAnswer``).
  func perform() -> [UInt8] {
    let told = ToldLines()
    let logger = Logger(label: DaemonName.executable) { _ in told }
    do {
      return switch self {
      case .configuration(let directories): answer(directories.load(logger), told)
      case .engines(let directories, let known):
        answer(Maybe(value: EngineCatalog(directories: directories, logger: logger).files(unlessAs: known)), told)
      case .channels(let path): answer(ChannelStore.load(path, logger), told)
      case .look(let questions): answer(questions.map { $0.look() }, told)
      case .icon(let directories): answer(ApplicationIcon.shown(in: directories), told)
      case .read(let path): answer(Maybe(value: Files.read(path).map { String(decoding: $0, as: UTF8.self) }), told)
      case .write(let name, let directory, let text):
        answer(try Self.write(Array(text.utf8), name, directory), told)
      case .remove(let path): answer(Self.takeAway(path), told)
      }
    } catch { return Self.encode(FileAnswer<Done>(value: nil, problem: "\(error)", told: told.lines)) }
  }

  private static func write(_ contents: [UInt8], _ name: String, _ directory: String) throws(SystemError) -> Done {
    try Files.makeDirectories(directory)
    try Files.write(contents, to: "\(directory)/\(name)", durably: true)
    return Done()
  }

  private static func takeAway(_ path: String) -> Done {
    Files.remove(path)
    return Done()
  }

  private func answer<Value: Codable>(_ value: Value, _ told: ToldLines) -> [UInt8] {
    Self.encode(FileAnswer(value: value, problem: nil, told: told.lines))
  }

  private static func encode(_ answer: some Encodable) -> [UInt8] {
    // Numbers, texts and lists of them can always be encoded.
    Array((try? JSONEncoder().encode(answer)) ?? Data())
  }
}

/// What comes back of a job.
struct FileAnswer<Value: Codable>: Codable {
  var value: Value?
  var problem: String?
  var told: [ToldLine]
}

/// A line for the journal, which the daemon writes.
struct ToldLine: Codable {
  var level: String
  var text: String
  var fields: [String: String]

  func tell(_ logger: Logger) {
    logger.log(
      level: Logger.Level(rawValue: level) ?? .error, "\(text)", metadata: fields.mapValues { "\($0)" })
  }
}

/// Keeps what is logged.
/// `@unchecked`: one thread has it, that of the process which does the job.
private final class ToldLines: LogHandler, @unchecked Sendable {
  var metadata: Logger.Metadata = [:]
  var metadataProvider: Logger.MetadataProvider?
  var logLevel = Logger.Level.info
  private(set) var lines: [ToldLine] = []

  subscript(metadataKey key: String) -> Logger.MetadataValue? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let fields = (event.metadata ?? [:]).mapValues { "\($0)" }
    lines.append(ToldLine(level: event.level.rawValue, text: "\(event.message)", fields: fields))
  }
}

/// Why a job was not done.
enum FileTrouble: Error, Equatable, CustomStringConvertible {
  /// The folder, or the file in it, is on something that does not answer.
  case silent(String)
  case crowded(String, Int)
  /// What the system said.
  case failed(String)
  /// The process that was to do it is gone; another will do the next.
  case interrupted

  var description: String {
    switch self {
    case .silent(let path): "the folder \(DisplayText(path)) does not answer"
    case .crowded(let path, let count):
      "\(count) requests wait for files already, and \(DisplayText(path)) would be another; ask again in a moment"
    case .failed(let problem): problem
    case .interrupted: "the process that reads and writes files was ended; ask again"
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
import CallModel
import CallNotification
import FoundationEssentials
import LinuxFiles
import Logging
import Systemd

/// A job with files that may be on a disk, or on another machine, that does not answer.
enum FileJob: Codable, Sendable {
  /// The answer is a ``Configuration``.
  case configuration(ConfigurationDirectories)
  /// The answer is an ``EngineFiles``, or none if the files are the same as in `known`.
  case engines([String], known: [FileStamp]?)
  /// The answer is an array of ``NotificationChannel``; an unreadable file is set aside.
  case channels(String)
  /// The answer is an ``AccountFiles``. From then on the folder is watched.
  case accounts(String)
  /// The answer is an ``AccountFiles``, or none if somebody else has changed the file meanwhile.
  case changeAccount(String, AccountChange)
  /// The answers of ``FileQuestion/look()``.
  case look([FileQuestion])
  /// ``ApplicationIcon/shown(in:)``.
  case icon([String])
  /// ``DesktopSettings/flags(_:)``.
  case settings([String])
  /// The answer is the text of a file, or none if there is no file.
  case read(String)
  /// The same, of a PEM file; none also if there are no certificates in it.
  case readAuthorities(String)
  /// Replaces a file durably, and creates the folders above it; ``Done``.
  case write(String, in: String, text: String)
  /// ``Done``, even if there was no file.
  case remove(String)
  /// The answer is a ``PasswordFile``; `isOurs` if only the user may be able to read it.
  case readPassword(String, isOurs: Bool)
  /// The answer is whether there is something at a path, or none where that cannot be told.
  case findPassword(String)
  /// As ``write(_:in:text:)``, into a file that only the user can read.
  case writePassword(String, in: String, [UInt8])
  /// ``Done``, even if there was no file; fails if it is still there.
  case removePassword(String)
  /// The same, if there is no file of the account any more; ``Done``.
  case removePasswordLeft(String, by: AccountFolder, id: String)

  struct Done: Codable, Sendable {}

  struct Maybe<Value: Codable & Sendable>: Codable, Sendable { var value: Value? }

  /// Does the job, and encodes the answer (``FileAnswer``).
  func perform() -> [UInt8] {
    let told = ToldLines()
    let logger = Logger(label: DaemonName.executable) { _ in told }
    do {
      return switch self {
      case .configuration(let directories): answer(directories.load(logger), told)
      case .engines(let directories, let known):
        answer(Maybe(value: EngineCatalog(directories: directories, logger: logger).files(unlessAs: known)), told)
      case .channels(let path): answer(ChannelStore.load(path, logger), told)
      case .accounts(let path): answer(AccountFolder(path: path).read(), told)
      case .changeAccount(let path, let change):
        answer(Maybe(value: try AccountFolder(path: path).change(change)), told)
      case .look(let questions): answer(questions.map { $0.look() }, told)
      case .icon(let directories): answer(ApplicationIcon.shown(in: directories), told)
      case .settings(let keys): answer(DesktopSettings().flags(keys), told)
      case .read(let path): answer(Maybe(value: Files.read(path).map { String(decoding: $0, as: UTF8.self) }), told)
      case .readAuthorities(let path):
        answer(Maybe(value: Self.authorities(path)), told)
      case .write(let name, let directory, let text):
        answer(try Self.write(Array(text.utf8), name, directory), told)
      case .remove(let path): answer(Self.takeAway(path), told)
      case .readPassword(let path, let isOurs): answer(PasswordFile.read(path, isOurs: isOurs), told)
      case .findPassword(let path): answer(Maybe(value: PasswordFile.isThere(path)), told)
      case .writePassword(let name, let directory, let bytes):
        answer(try PasswordFile.write(bytes, name, directory), told)
      case .removePassword(let path): answer(try PasswordFile.remove(path), told)
      case .removePasswordLeft(let path, let folder, let id):
        answer(folder.lacks(id) ? try PasswordFile.remove(path) : Done(), told)
      }
    } catch { return Self.encode(FileAnswer<Done>(value: nil, problem: "\(error)", told: told.lines)) }
  }

  private static func authorities(_ path: String) -> String? {
    guard let bytes = try? Files.readRegular(path, limit: Limit.fileBytes) else { return nil }
    let text = String(decoding: bytes, as: UTF8.self)
    return text.contains("-----BEGIN ") ? text : nil
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

/// The result of a job.
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

/// Collects log messages. `@unchecked`: used only by the one thread of the process that does the job.
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

/// Why a job failed.
enum FileTrouble: Error, Equatable, CustomStringConvertible {
  /// The folder, or the file in it, does not answer.
  case silent(String)
  case crowded(String, Int)
  /// The system's error.
  case failed(String)
  /// The process that should do it has exited; another one will do the next.
  case interrupted

  var description: String {
    switch self {
    case .silent(let path): "the folder \(DisplayText(path)) does not answer"
    case .crowded(let path, let count):
      "\(count) requests are already waiting for files; \(DisplayText(path)) cannot be added; try again in a moment"
    case .failed(let problem): problem
    case .interrupted: "the process that reads and writes files was ended; try again"
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
import CallModel
import FoundationEssentials
import Glibc
import LinuxFiles
import Logging
import Systemd

/// The daemon's memory, on tmpfs: one file per session, and one for the events of forgotten sessions.
@EventLoopActor
struct RecordStore {
  private let directory: String
  private let logger: Logger
  /// There was no folder of records, although an earlier daemon had used this directory.
  private let hasLostAll: Bool

  init(directory: String, logger: Logger) throws(SystemError) {
    self.directory = directory
    self.logger = logger
    hasLostAll = !Files.names(in: directory).isEmpty && !Files.isDirectory("\(directory)/sessions")
    if hasLostAll {
      logger.error("the folder \(directory)/sessions is gone, with all records; it is created again")
    }
    try makeFolders()
  }

  private var folder: String { "\(directory)/sessions" }

  /// Whatever somebody has put in the folder's place is set aside, like unreadable records.
  private func makeFolders() throws(SystemError) {
    try Files.makeDirectory(directory)
    try Files.makeDirectory(folder)
    guard !Files.isDirectory(folder) else { return }
    _ = try Files.setAside(folder)
    try Files.makeDirectory(folder)
  }

  private func path(_ id: String) -> String { "\(folder)/\(id).json" }
  private var historyPath: String { "\(directory)/history.json" }

  /// - Parameter others: the sessions whose records are lost, too, if somebody has removed the folder.
  func save(_ record: SessionRecord, besides others: () -> [SessionRecord] = { [] }) throws {
    do { try write(record) } catch let error as SystemError where error.errno == ENOENT {
      logger.warning("the folder \(folder) was removed; it is created again: \(error)")
      try makeFolders()
      for record in others() + [record] { try write(record) }
    }
  }

  private func write(_ record: SessionRecord) throws {
    let contents = try Array(JSONEncoder().encode(record))
    try SpareDescriptor.use { () throws(SystemError) in try ReservedFile.write(contents, to: path(record.id)) }
  }

  func remove(_ id: SessionID) {
    ReservedFile.remove(path(id.description))
    unlink(authoritiesPath(id.description))
  }

  private static let suffixOfAuthorities = ".pem"

  private func authoritiesPath(_ id: String) -> String { "\(folder)/\(id)\(Self.suffixOfAuthorities)" }

  func keep(authorities text: String, of id: SessionID) throws(SystemError) {
    try Files.write(Array(text.utf8), to: authoritiesPath(id.description))
  }

  func authorities(of id: SessionID) -> String? {
    let path = authoritiesPath(id.description)
    return Files.exists(path) ? path : nil
  }

  func saveHistory(_ history: EventHistory) throws {
    let contents = try Array(JSONEncoder().encode(history))
    try SpareDescriptor.use { () throws(SystemError) in try Files.write(contents, to: historyPath) }
  }

  /// nil if there was a history and it is lost.
  func loadHistory() -> EventHistory? {
    var status = stat()
    guard lstat(historyPath, &status) == 0 else { return EventHistory() }
    do throws(RecordProblem) {
      let history: EventHistory = try decode(read(historyPath, limit: Limit.historyBytes))
      if let problem = history.contradiction { throw .contradiction(problem) }
      return history
    } catch {
      logger.error("the events in \(historyPath) are lost: \(error)")
      return nil
    }
  }

  /// An unusable record is ignored: set aside for people to look at, and logged. Records that are lost together count
  /// as one.
  func load() -> (records: [SessionRecord], leftOut: Int) {
    let suffix = ".json"
    let files = Files.names(in: folder)
    let names = files.filter { $0.hasSuffix(suffix) }
    ReservedFile.removeLeftovers(in: folder, files)
    for file in files where file.hasSuffix(Self.suffixOfAuthorities) {
      let id = String(file.dropLast(Self.suffixOfAuthorities.count))
      if !files.contains(id + suffix) { unlink(authoritiesPath(id)) }
    }
    let records: [SessionRecord] = names.compactMap { file in
      let name = String(file.dropLast(suffix.count))
      do throws(RecordProblem) { return try SessionRecord(read(path(name)), name: name) } catch {
        setAside(name, error)
        return nil
      }
    }
    return (records, names.count - records.count + (hasLostAll ? 1 : 0))
  }

  private func setAside(_ name: String, _ problem: RecordProblem) {
    let path = path(name)
    var metadata: Logger.Metadata = ["MESSAGE_ID": "\(MessageID.recordSkipped)"]
    if SessionID(name) != nil { metadata[JournalField.session] = "\(name)" }
    var place = "the file stays in place"
    do { place = "the file is now \(DisplayText(try Files.setAside(path)))" } catch { logger.error("\(error)") }
    logger.error(
      "the record \(DisplayText(path)) is ignored: \(problem); \(place), and the processes of its call are stopped",
      metadata: metadata)
  }

  private func read(_ path: String, limit: Int = Limit.fileBytes) throws(RecordProblem) -> [UInt8] {
    do { return try Files.readOwn(path, limit: limit) } catch { throw .file(error) }
  }
}

private func decode<T: Decodable>(_ contents: [UInt8]) throws(RecordProblem) -> T {
  do { return try JSONDecoder().decode(T.self, from: Data(contents)) } catch let error as DecodingError {
    throw RecordProblem(error)
  } catch { throw .notWhole }
}

extension SessionRecord {
  /// Reads what a daemon wrote for session `name`.
  init(_ contents: [UInt8], name: String) throws(RecordProblem) {
    // Checked first, because nobody here knows what a record of another version contains.
    struct Header: Decodable { var version: Int }
    let header: Header = try decode(contents)
    guard header.version == Self.version else { throw .version(header.version) }
    self = try decode(contents)
    if let problem = contradiction(name: name) { throw .contradiction(problem) }
  }
}

// SPDX-License-Identifier: Apache-2.0
import CallModel
import FoundationEssentials
import Glibc
import Logging
import Systemd

/// The daemon's memory, on tmpfs: a file a session, and one for the events of sessions that are forgotten.
@EventLoopActor
struct RecordStore {
  private let directory: String
  private let logger: Logger
  /// There was no folder of records, although an earlier daemon had made something here.
  private let hasLostAll: Bool

  init(directory: String, logger: Logger) throws(SystemError) {
    self.directory = directory
    self.logger = logger
    hasLostAll = !Files.names(in: directory).isEmpty && !Files.isDirectory("\(directory)/sessions")
    if hasLostAll {
      logger.error("the folder \(directory)/sessions is gone, and all records with it; it is made again")
    }
    try makeFolders()
  }

  private var folder: String { "\(directory)/sessions" }

  /// What else somebody has put in the folder's place is set aside, as what is no record is.
  private func makeFolders() throws(SystemError) {
    try Files.makeDirectory(directory)
    try Files.makeDirectory(folder)
    guard !Files.isDirectory(folder) else { return }
    _ = try Files.setAside(folder)
    try Files.makeDirectory(folder)
  }

  private func path(_ id: String) -> String { "\(folder)/\(id).json" }
  private var historyPath: String { "\(directory)/history.json" }

  /// - Parameter others: those that are lost too where somebody has removed their folder.
  func save(_ record: SessionRecord, besides others: () -> [SessionRecord] = { [] }) throws {
    do { try write(record) } catch let error as SystemError where error.errno == ENOENT {
      logger.warning("the folder \(folder) was removed; it is made again: \(error)")
      try makeFolders()
      for record in others() + [record] { try write(record) }
    }
  }

  private func write(_ record: SessionRecord) throws {
    let contents = try Array(JSONEncoder().encode(record))
    try SpareDescriptor.use { () throws(SystemError) in try ReservedFile.write(contents, to: path(record.id)) }
  }

  func remove(_ id: SessionID) { ReservedFile.remove(path(id.description)) }

  func saveHistory(_ history: EventHistory) throws {
    let contents = try Array(JSONEncoder().encode(history))
    try SpareDescriptor.use { () throws(SystemError) in try Files.write(contents, to: historyPath) }
  }

  /// nil where there was one that is lost.
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

  /// A record that cannot be gone on with is left out: set aside, for people to look at, and logged. All that are lost
  /// together count as one.
  func load() -> (records: [SessionRecord], leftOut: Int) {
    let suffix = ".json"
    let files = Files.names(in: folder)
    let names = files.filter { $0.hasSuffix(suffix) }
    ReservedFile.removeLeftovers(in: folder, files)
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
    var place = "it stays where it is"
    do { place = "it is now \(DisplayText(try Files.setAside(path)))" } catch { logger.error("\(error)") }
    logger.error(
      "the record \(DisplayText(path)) is left out: \(problem); \(place), and what runs of its call is stopped",
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
    // First of all: what else there is to a record of another version, nobody here knows.
    struct Header: Decodable { var version: Int }
    let header: Header = try decode(contents)
    guard header.version == Self.version else { throw .version(header.version) }
    self = try decode(contents)
    if let problem = contradiction(name: name) { throw .contradiction(problem) }
  }
}

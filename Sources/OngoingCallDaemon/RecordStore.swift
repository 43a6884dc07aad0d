// SPDX-License-Identifier: Apache-2.0
import CallSession
import FoundationEssentials
import Logging
import Systemd

/// The daemon's memory, on tmpfs: a file a session, and one for the events of sessions that are forgotten.
@EventLoopActor
struct RecordStore {
  private let directory: String
  private let logger: Logger

  init(directory: String, logger: Logger) throws(SystemError) {
    self.directory = directory
    self.logger = logger
    try Files.makeDirectory(directory)
    try Files.makeDirectory("\(directory)/sessions")
  }

  private func path(_ id: String) -> String { "\(directory)/sessions/\(id).json" }
  private var historyPath: String { "\(directory)/history.json" }

  func save(_ record: SessionRecord) throws {
    let contents = try Array(JSONEncoder().encode(record))
    try SpareDescriptor.use { () throws(SystemError) in try ReservedFile.write(contents, to: path(record.id)) }
  }

  func remove(_ id: SessionID) { ReservedFile.remove(path(id.description)) }

  func saveHistory(_ events: [RecordedEvent]) throws {
    let contents = try Array(JSONEncoder().encode(events))
    try SpareDescriptor.use { () throws(SystemError) in try Files.write(contents, to: historyPath) }
  }

  func loadHistory() -> [RecordedEvent] {
    guard let contents = Files.read(historyPath, limit: Limit.historyBytes) else { return [] }
    guard let events = try? JSONDecoder().decode([RecordedEvent].self, from: Data(contents)) else {
      logger.error("\(historyPath) is not readable; the events in it are lost")
      return []
    }
    return events
  }

  /// A record that cannot be read is set aside, for people to look at, and logged.
  func load() -> [SessionRecord] {
    let files = Files.names(in: "\(directory)/sessions")
    let names = files.filter { $0.hasSuffix(".json") }
    ReservedFile.removeLeftovers(in: "\(directory)/sessions", files)
    return names.compactMap { name in
      let id = String(name.dropLast(5))
      let record = Files.read(path(id)).flatMap { try? JSONDecoder().decode(SessionRecord.self, from: Data($0)) }
      guard let record, record.id == id, SessionID(id) != nil, record.version == SessionRecord.version else {
        logger.error("the record of session \(id) is not readable; it is set aside")
        Files.setAside(path(id))
        return nil
      }
      return record
    }
  }
}

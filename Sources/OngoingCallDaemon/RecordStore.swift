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
    try Files.write(Array(JSONEncoder().encode(record)), to: path(record.id))
  }

  func remove(_ id: SessionID) { Files.remove(path(id.description)) }

  func saveHistory(_ events: [RecordedEvent]) throws {
    try Files.write(Array(JSONEncoder().encode(events)), to: historyPath)
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
    let names = Files.names(in: "\(directory)/sessions").filter { $0.hasSuffix(".json") }
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

// SPDX-License-Identifier: Apache-2.0
import CallModel
import CallNotification
import FoundationEssentials
import Logging
import Systemd

/// What a notice with a button needs, for this daemon and the next: a button is never dead.
struct NoticeRecord: Codable, Equatable, Sendable {
  var session: String
  var spec: LaunchSpec
  var ending: CallEnding
  var reason: EndReason
  /// Seconds; nil where it was never joined.
  var duration: UInt64?
  /// µs, CLOCK_REALTIME.
  var endedAt: UInt64
  /// Where it is, or may be.
  var posted: PostedNotification?
}

/// The notices, on tmpfs, a file each.
@EventLoopActor
struct NoticeStore {
  private let directory: String
  private let logger: Logger

  init(directory: String, logger: Logger) throws(SystemError) {
    self.directory = "\(directory)/notices"
    self.logger = logger
    try Files.makeDirectory(directory)
    try Files.makeDirectory(self.directory)
  }

  private func path(_ session: String) -> String { "\(directory)/\(session).json" }

  func save(_ record: NoticeRecord) {
    do { try Files.write(Array(JSONEncoder().encode(record)), to: path(record.session)) } catch {
      logger.error("the notice of session \(record.session) cannot be kept: \(error)")
    }
  }

  func remove(_ session: String) { Files.remove(path(session)) }

  /// The oldest first. What cannot be read is gone: it was of a call that is gone.
  func load() -> [NoticeRecord] {
    let records = Files.names(in: directory).compactMap { name -> NoticeRecord? in
      let session = String(name.dropLast(5))
      guard name.hasSuffix(".json"), SessionID(session) != nil,
        let contents = Files.read("\(directory)/\(name)"),
        let record = try? JSONDecoder().decode(NoticeRecord.self, from: Data(contents)), record.session == session
      else {
        logger.warning("the notice \(name) is not readable, and removed")
        Files.remove("\(directory)/\(name)")
        return nil
      }
      return record
    }
    return records.sorted { $0.endedAt < $1.endedAt }
  }
}

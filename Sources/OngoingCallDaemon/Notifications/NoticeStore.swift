// SPDX-License-Identifier: Apache-2.0
import CallModel
import CallNotification
import FoundationEssentials
import LinuxFiles
import Logging
import Systemd

/// Everything that a notice with a button needs, for this daemon and the next, so that the button always works.
struct NoticeRecord: Codable, Equatable, Sendable {
  var session: String
  var spec: LaunchSpec
  var ending: CallEnding
  var reason: EndReason
  /// Seconds; nil if the call was never joined.
  var duration: UInt64?
  /// µs, CLOCK_REALTIME.
  var endedAt: UInt64
  /// Where the notice is, or may be.
  var posted: PostedNotification?
}

/// The saved notices: one file each, on tmpfs.
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
      logger.error("cannot save the notice of session \(record.session): \(error)")
    }
  }

  func remove(_ session: String) { Files.remove(path(session)) }

  /// The oldest first. An unreadable notice is dropped.
  func load() -> [NoticeRecord] {
    let records = Files.names(in: directory).compactMap { name -> NoticeRecord? in
      let session = String(name.dropLast(5))
      guard name.hasSuffix(".json"), SessionID(session) != nil,
        let contents = Files.read("\(directory)/\(name)"),
        let record = try? JSONDecoder().decode(NoticeRecord.self, from: Data(contents)), record.session == session
      else {
        logger.warning("the notice \(name) is unreadable; it is removed")
        Files.remove("\(directory)/\(name)")
        return nil
      }
      return record
    }
    return records.sorted { $0.endedAt < $1.endedAt }
  }
}

// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

/// The journal's native protocol (https://systemd.io/JOURNAL_NATIVE_PROTOCOL).
///
/// Never waits for the journal. sd_journal_sendv(3) would wait as long as journald has no room for an entry: forever,
/// if journald is stopped.
public enum Journal {
  /// The levels of syslog(3).
  public enum Priority: Int, Sendable {
    case emergency, alert, critical, error, warning, notice, info, debug
  }

  /// Sends an entry. A field whose name the journal does not allow is dropped.
  ///
  /// - Returns: false if there is no journal.
  @discardableResult
  public static func send(_ priority: Priority, _ message: String, fields: [(String, String)] = []) -> Bool {
    let entry = encode(priority, message, fields)
    guard EventLoop.main.isCurrent else { return sendOnce(entry) }
    return EventLoopActor.assumeIsolated { JournalWriter.shared.write(entry) }
  }

  /// Sends the entries that still wait. This blocks: use it after the loop has ended.
  @EventLoopActor
  public static func finish(within limit: Duration) { JournalWriter.shared.finish(within: limit) }

  /// From any thread.
  private static func sendOnce(_ entry: [UInt8]) -> Bool {
    let socket = clinux_datagram_socket(JournalWriter.standardPath)
    guard socket >= 0 else { return false }
    defer { close(socket) }
    return DatagramOutlet.sendDatagram(socket, entry, -1) >= 0
  }

  static func encode(_ priority: Priority, _ message: String, _ fields: [(String, String)]) -> [UInt8] {
    var all = [("MESSAGE", message), ("PRIORITY", String(priority.rawValue))]
    all.append(("SYSLOG_IDENTIFIER", String(cString: clinux_program_name())))
    var entry: [UInt8] = []
    for (name, value) in all + fields where isValid(field: name) {
      entry += name.utf8
      if value.utf8.contains(UInt8(ascii: "\n")) {
        entry.append(UInt8(ascii: "\n"))
        withUnsafeBytes(of: UInt64(value.utf8.count).littleEndian) { entry += $0 }
      } else {
        entry.append(UInt8(ascii: "="))
      }
      entry += value.utf8
      entry.append(UInt8(ascii: "\n"))
    }
    return entry
  }

  /// Upper-case letters, digits and underscores, at most 64, not starting with a digit or an underscore.
  static func isValid(field name: String) -> Bool {
    guard let first = name.utf8.first, (65...90).contains(first), name.utf8.count <= 64 else { return false }
    return name.utf8.allSatisfy { (65...90).contains($0) || (48...57).contains($0) || $0 == 95 }
  }
}

/// The loop's connection to the journal: entries that journald cannot take wait, and are sent later.
@EventLoopActor
final class JournalWriter {
  static let shared = JournalWriter()
  nonisolated static let standardPath = "/run/systemd/journal/socket"
  /// How many bytes may wait: some hundred entries, which show how it began.
  nonisolated static let limit = 256 * 1024

  private var outlet: DatagramOutlet?

  init(to path: String = standardPath, limit: Int = limit) {
    outlet = DatagramOutlet(
      to: path, limit: limit,
      substitute: { entry in
        SpareDescriptor.use {
          let memory = clinux_sealed_memory("journal-entry", entry, entry.count)
          return memory < 0 ? -errno : memory
        }
      },
      resumed: { [weak self] dropped, time in
        guard dropped > 0 else { return }
        let text = "the journal took no entries for \(time / 1_000_000) s; \(dropped) entries were dropped"
        _ = self?.write(Journal.encode(.warning, text, []))
      })
  }

  /// Returns false if there is no journal.
  func write(_ entry: [UInt8]) -> Bool {
    guard let outlet else { return false }
    if case .failed = outlet.send(entry) { return false }
    return true
  }

  func finish(within limit: Duration) { outlet?.finish(within: limit) }
}

/// Standard error, which may be a journal, a pipe, or a terminal that nobody reads.
public enum StandardError {
  /// Writes a line. If it would block, only a part of the line, or nothing, is written.
  public static func say(_ line: String) {
    let bytes = Array(line.utf8)
    clinux_write_at_once(STDERR_FILENO, bytes, bytes.count)
  }
}

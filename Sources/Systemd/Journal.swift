// SPDX-License-Identifier: Apache-2.0
internal import CSystemd
internal import Glibc

/// The journal's native protocol (sd_journal_sendv(3)).
public enum Journal {
  /// The levels of syslog(3).
  public enum Priority: Int, Sendable {
    case emergency, alert, critical, error, warning, notice, info, debug
  }

  /// Sends an entry. A field whose name the journal does not allow is left out.
  ///
  /// - Returns: whether the journal took it.
  @discardableResult
  public static func send(_ priority: Priority, _ message: String, fields: [(String, String)] = []) -> Bool {
    // sd_journal_sendv(3) does nothing and succeeds where no journal runs.
    guard access("/run/systemd/journal/socket", F_OK) == 0 else { return false }
    let all = [("MESSAGE", message), ("PRIORITY", String(priority.rawValue))] + fields
    let entries = all.filter { isValid(field: $0.0) }.map { Array("\($0)=\($1)".utf8) }
    var vectors: [iovec] = []
    // The copies outlive the call and are freed right after it.
    for entry in entries {
      guard let copy = malloc(entry.count) else { break }
      entry.withUnsafeBytes { copy.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(copy), byteCount: entry.count) }
      vectors.append(iovec(iov_base: copy, iov_len: entry.count))
    }
    defer { for vector in vectors { free(vector.iov_base) } }
    return sd_journal_sendv(vectors, Int32(vectors.count)) >= 0
  }

  /// Upper-case letters, digits and underscores, at most 64, not starting with a digit or an underscore.
  static func isValid(field name: String) -> Bool {
    guard let first = name.utf8.first, (65...90).contains(first), name.utf8.count <= 64 else { return false }
    return name.utf8.allSatisfy { (65...90).contains($0) || (48...57).contains($0) || $0 == 95 }
  }
}

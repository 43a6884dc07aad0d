// SPDX-License-Identifier: Apache-2.0
import CallModel
import Glibc
import OngoingCall

/// An entry of the user's journal.
struct JournalEntry: Equatable {
  /// µs, CLOCK_REALTIME
  var time: UInt64
  var fields: [String: String]

  subscript(_ field: String) -> String? { fields[field].flatMap { $0.isEmpty ? nil : $0 } }
}

/// Reads what ongoingcalld has written to the user's journal, by journalctl(1), in the Journal Export Format.
struct JournalReader {
  /// Entries that are asked for at once, and bytes that are read of them.
  static let maximumEntries = 10_000
  private static let maximumBytes = 32 << 20

  /// What says that the daemon's unit has written an entry. journald adds it by itself, of the process that sent the
  /// entry; whoever sends one can make up all else, the MESSAGE_ID included.
  private static var author: [String] { ["_SYSTEMD_USER_UNIT=\(DaemonName.unit)", "_UID=\(getuid())"] }

  var limit: Duration = .seconds(25)

  /// Fails where there is no journal to be read.
  func check() throws(CommandFailure) { _ = try run(["--user", "--no-pager", "--lines=1"]) }

  /// The newest of the daemon's entries that match, oldest first.
  ///
  /// - Parameters:
  ///   - matches: `FIELD=value`; of one field any, of several all (journalctl(1)).
  ///   - since: as journalctl's `--since`.
  ///   - fields: the only ones that are wanted.
  func entries(
    _ matches: [String], newest count: Int, since: String? = nil, fields: [String]
  ) throws(CommandFailure) -> [JournalEntry] {
    var options = [
      "--user", "--output=export", "--no-pager", "--lines=\(count)", "--output-fields=\(fields.joined(separator: ","))",
    ]
    // With an end, journalctl refuses a beginning that is yet to come.
    if let since { options += ["--since=\(since)", "--until=now"] }
    let entries = try JournalExport.entries(in: run(options + Self.author + matches))
    // In this format journalctl does not say that there is no journal at all.
    if entries.isEmpty { try check() }
    return entries
  }

  /// What journalctl says.
  func run(_ arguments: [String]) throws(CommandFailure) -> [UInt8] {
    let (output, error) = (try Pipe(), try Pipe())
    let child: ChildProcess
    do {
      defer { for pipe in [output, error] { close(pipe.writing) } }
      child = try ChildProcess(
        ["journalctl"] + arguments, streams: [STDOUT_FILENO: output.writing, STDERR_FILENO: error.writing])
    } catch {
      throw Self.unreadable("cannot run journalctl: \(error.text)", remedy: "install systemd's journal")
    }
    defer { for pipe in [output, error] { close(pipe.reading) } }
    let results = try read([output, error], from: child)
    try Self.check(child.wait(), String(decoding: results[1], as: UTF8.self))
    return results[0]
  }

  /// All that comes out of the pipes; too much, or too late, is an error.
  private func read(_ pipes: [Pipe], from child: ChildProcess) throws(CommandFailure) -> [[UInt8]] {
    do { return try Pipe.read(pipes, until: Deadline(in: limit), limit: Self.maximumBytes) } catch {
      stop(child)
      switch error {
      case .late:
        throw CommandFailure(
          .timedOut, "timed-out", "journalctl did not answer within \(limit.components.seconds) s",
          remedy: "allow more time with --timeout, or ask for less with --since or --lines")
      case .tooMuch:
        throw Self.unreadable(
          "its answer is larger than \(Self.maximumBytes >> 20) MiB", remedy: "ask for less with --since or --lines")
      }
    }
  }

  private func stop(_ child: ChildProcess) {
    kill(child.id, SIGKILL)
    _ = child.wait()
  }

  private static func check(_ status: Int32, _ complaint: String) throws(CommandFailure) {
    let lines = complaint.split(separator: "\n").map(String.init)
    if status != 0, let problem = lines.first(where: { $0.contains("timestamp") }) {
      throw .usage(
        "--since: \(problem)", remedy: "write it as “2024-05-01 14:00”, “yesterday” or “-2h” (systemd.time(7))")
    }
    if status != 0, lines.contains(where: { $0.contains("must be before") }) {
      throw .usage("--since: this time is yet to come", remedy: "give a time in the past, such as “yesterday” or “-2h”")
    }
    guard status == 0, !complaint.contains("No journal files") else {
      let problem = lines.first { !$0.hasPrefix("Hint:") && !$0.contains("Pass -q") }
      throw unreadable(problem ?? "journalctl exited with status \(status)")
    }
  }

  private static func unreadable(_ why: String, remedy: String? = nil) -> CommandFailure {
    CommandFailure(
      .unavailable, "no-journal", "cannot read the journal: \(why)",
      remedy: remedy ?? "try: journalctl --user -u \(DaemonName.unit); "
        + "users have their own journals only with Storage=persistent (journald.conf(5))")
  }
}

/// The Journal Export Format (systemd.io/JOURNAL_EXPORT_FORMATS): a field a line, an empty line after each entry; a
/// value with line breaks comes with its length before it.
enum JournalExport {
  static func entries(in bytes: [UInt8]) throws(CommandFailure) -> [JournalEntry] {
    var entries: [JournalEntry] = []
    var fields: [String: String] = [:]
    func finish() {
      let time = fields.removeValue(forKey: "__REALTIME_TIMESTAMP").flatMap { UInt64($0) }
      if let time { entries.append(JournalEntry(time: time, fields: fields)) }
      fields.removeAll()
    }
    var rest = bytes[...]
    while let end = rest.firstIndex(of: 0x0A) {
      let line = rest[..<end]
      rest = rest[(end + 1)...]
      if line.isEmpty {
        finish()
      } else if let equals = line.firstIndex(of: UInt8(ascii: "=")) {
        fields[text(line[..<equals])] = text(line[(equals + 1)...])
      } else {
        let length = rest.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard rest.count >= 9, length <= UInt64(rest.count - 9) else {
          throw CommandFailure(
            .failure, "no-journal", "cannot read the journal: the output of journalctl is incomplete")
        }
        let value = rest.dropFirst(8).prefix(Int(length))
        fields[text(line)] = text(value)
        rest = rest.dropFirst(9 + Int(length))
      }
    }
    finish()
    return entries
  }

  private static func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }
}

// SPDX-License-Identifier: Apache-2.0
import CallModel
import Glibc
import LinuxFiles
import OngoingCall

/// What the service of a call has written to the journal, by journalctl(1).
struct UnitLog {
  enum Style { case text, json }

  /// How long the journal may take to show what was written before a call's end.
  private static let settling: Int32 = 500
  private static let usualWhenFollowed = 10

  private let unit: String
  private let count: Int?
  private let since: String?
  private let style: Style

  init(_ unit: String, newest count: Int?, since: String?, style: Style) {
    (self.unit, self.count, self.since, self.style) = (unit, count, since, style)
  }

  private func arguments(follow: Bool) -> [String] {
    let number = count ?? (follow ? Self.usualWhenFollowed : JournalReader.maximumEntries)
    return [
      "--user", "--quiet", "--no-pager", "--lines=\(number)", "--all",
      "--output=\(style == .json ? "export" : "cat")",
    ] + (follow ? ["--follow"] : []) + (since.map { ["--since=\($0)"] } ?? [])
      + ["_SYSTEMD_USER_UNIT=\(unit)", "_UID=\(getuid())"]
  }

  /// All of it, safe to be shown where it goes to a terminal.
  func text() throws(CommandFailure) -> String {
    let bytes = try JournalReader().run(arguments(follow: false))
    let text = String(decoding: bytes, as: UTF8.self)
    return (text.hasSuffix("\n") ? String(text.dropLast()) : text).split(
      separator: "\n", omittingEmptySubsequences: false
    )
    .map { Self.shownLine(String($0)) }.joined(separator: "\n")
  }

  func write() throws {
    let bytes = try JournalReader().run(arguments(follow: false))
    for entry in try JournalExport.entries(in: bytes) { try StandardStream.output.write(record: entry.line.answer) }
  }

  /// What goes to a file or another program is as it was written.
  private static func shownLine(_ line: String) -> String {
    StandardStream.output.isTerminal ? DisplayText(line).description : line
  }

  /// Until the call has ended.
  func follow(_ id: String, _ client: CallsClient) throws {
    try client.watch()
    let pipe = try Pipe()
    let child: ChildProcess
    do {
      child = try ChildProcess(["journalctl"] + arguments(follow: true), streams: [STDOUT_FILENO: pipe.writing])
    } catch {
      throw CommandFailure(
        .unavailable, "no-journal", "cannot run journalctl: \(error.text)", remedy: "install systemd's journal")
    }
    close(pipe.writing)
    defer {
      kill(child.id, SIGTERM)
      _ = child.wait()
      close(pipe.reading)
    }
    var rest: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16384)
    var isOver = try client.known(id)?.hasEnded ?? true
    while true {
      var waits = [
        pollfd(fd: pipe.reading, events: Int16(POLLIN), revents: 0),
        pollfd(fd: isOver ? -1 : client.descriptor, events: Int16(POLLIN), revents: 0),
        pollfd(fd: StandardStream.output.rawValue, events: 0, revents: 0),
      ]
      let ready = poll(&waits, nfds_t(waits.count), isOver ? Self.settling : -1)
      if ready == 0 { return }
      guard ready > 0 else { continue }
      if waits[2].revents & Int16(POLLERR | POLLHUP) != 0 { StandardStream.endByBrokenPipe() }
      if waits[0].revents != 0 {
        let count = retryOnInterrupt { Glibc.read(pipe.reading, &buffer, buffer.count) }
        guard count > 0 else { return }
        rest += buffer[..<count]
        try write(whole: &rest)
      }
      if waits[1].revents != 0 { isOver = try hasEnded(id, client) }
    }
  }

  private func hasEnded(_ id: String, _ client: CallsClient) throws -> Bool {
    var mayHaveEnded = false
    while let change = try client.nextChange(until: .atOnce) {
      switch change {
      case .happening(let event): mayHaveEnded = mayHaveEnded || event.session == id
      case .daemonChanged: mayHaveEnded = mayHaveEnded || client.daemonIsThere
      }
    }
    guard mayHaveEnded else { return false }
    do { return try client.known(id)?.hasEnded ?? true } catch {
      guard case .daemonVanished = error else { throw error }
      return false
    }
  }

  /// Writes the whole lines, or entries, and leaves the rest.
  private func write(whole bytes: inout [UInt8]) throws {
    switch style {
    case .text:
      guard let end = bytes.lastIndex(of: 0x0A) else { return }
      if StandardStream.output.isTerminal {
        for line in bytes[...end].split(separator: 0x0A, omittingEmptySubsequences: false).dropLast() {
          try StandardStream.output.write(line: Self.shownLine(String(decoding: line, as: UTF8.self)))
        }
      } else {
        try StandardStream.output.write(Array(bytes[...end]))
      }
      bytes.removeSubrange(...end)
    case .json:
      // An entry ends with an empty line; so does no value, whose length is said before it.
      guard let (entries, length) = JournalExport.whole(in: bytes) else { return }
      for entry in entries { try StandardStream.output.write(record: entry.line.answer) }
      bytes.removeFirst(length)
    }
  }
}

extension JournalEntry {
  fileprivate var line: JSON {
    ["line": ["time-usec": .unsigned(time), "message": .string(fields["MESSAGE"] ?? "")]]
  }
}

extension JournalExport {
  /// The entries at the beginning that are complete, and their length; nil where there are none.
  static func whole(in bytes: [UInt8]) -> ([JournalEntry], Int)? {
    var end = bytes.count
    while end > 1 {
      // The rest of an entry may hold such an end itself: then what is before cannot be read.
      if bytes[end - 1] == 0x0A, bytes[end - 2] == 0x0A, let entries = try? entries(in: Array(bytes[..<end])),
        !entries.isEmpty
      {
        return (entries, end)
      }
      end -= 1
    }
    return nil
  }
}

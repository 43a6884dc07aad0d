// SPDX-License-Identifier: Apache-2.0
import CallModel
import Glibc
import LinuxFiles
import Logging
import OngoingCallTestSupport
import Synchronization
import Systemd
import Testing

@testable import OngoingCallDaemon

/// What lies in the place of a record, and is none: set aside and told of, and the others are read.
@Suite(.timeLimit(.minutes(1))) struct HostileFileTests {
  let folder = TemporaryFolder()

  enum Kind: String, CaseIterable {
    case empty, half, huge, folder, link, danglingLink, device, pipe, socket, writable, elses
  }

  /// Puts it there, and returns what is said of it.
  private func make(_ kind: Kind, _ path: String, _ whole: [UInt8]) -> String {
    func write(_ bytes: some Sequence<UInt8>) { self.folder.write(bytes, to: path) }
    unlink(folder[path])
    switch kind {
    case .empty:
      write([])
      return "it is not one complete JSON object"
    case .half:
      write(whole.prefix(whole.firstIndex(of: UInt8(ascii: "\n")).map { $0 / 2 } ?? 0))
      return "it is not one complete JSON object"
    case .huge:
      write([])
      // 100 MB, of which none is there.
      #expect(truncate(folder[path], 100_000_000) == 0)
      return "it is 100000000 bytes large; at most 1048576 are read"
    case .folder: #expect(mkdir(folder[path], 0o700) == 0)
    case .link:
      folder.write(whole, to: "elsewhere")
      #expect(symlink(folder["elsewhere"], folder[path]) == 0)
    case .danglingLink: #expect(symlink("/nonexistent", folder[path]) == 0)
    case .device: #expect(symlink("/dev/zero", folder[path]) == 0)
    case .pipe: #expect(mkfifo(folder[path], 0o600) == 0)
    case .socket:
      #expect(mknod(folder[path], S_IFSOCK | 0o600, 0) == 0)
      return "it is a socket, not a file"
    case .writable:
      write(whole)
      #expect(chmod(folder[path], 0o660) == 0)
      return "with mode 660"
    case .elses:
      write(whole)
      // Only root may give a file away; for others this is the file that others may write.
      if chown(folder[path], 65534, 65534) != 0 { #expect(chmod(folder[path], 0o602) == 0) }
      return "others may have written it"
    }
    return ", not a file"
  }

  @Test(arguments: Kind.allCases) func isSetAside(_ kind: Kind) async throws {
    let (bad, good) = (SessionID(), SessionID())
    let log = Log()
    let (expected, first, second) = try await onEventLoop {
      let store = try RecordStore(directory: folder["run"], logger: Logger(label: "test") { _ in log })
      try store.save(.joined(good))
      try store.save(.joined(bad))
      let path = "run/sessions/\(bad).json"
      let expected = make(kind, path, try #require(Files.read(folder[path])))
      return (expected, store.load(), store.load())
    }
    #expect(first.records.map(\.id) == [good.description])
    #expect(first.leftOut == 1)
    #expect(second.records.map(\.id) == [good.description])
    #expect(second.leftOut == 0)
    var status = stat()
    #expect(lstat(folder["run/sessions/\(bad).json.unreadable"], &status) == 0)
    #expect(lstat(folder["run/sessions/\(bad).json"], &status) != 0)
    // The line names the file and the reason.
    let lines = log.lines
    #expect(lines.count == 1)
    let line = lines.first ?? ""
    #expect(line.contains("/run/sessions/\(bad).json is ignored: "))
    #expect(line.contains(expected), "\(line)")
  }

  /// Nothing tells then what they have counted: it is as if a record was left out, so that no number comes again.
  @Test(arguments: ["removed", "a file", "a link to nothing"])
  func theirFolderIsLost(_ how: String) async throws {
    let (log, new) = (Log(), SessionID())
    let (first, second) = try await onEventLoop {
      try RecordStore(directory: folder["run"], logger: .silent).save(.ended(SessionID()))
      // Something else that a daemon has made there.
      folder.write("{}", to: "run/else")
      let path = folder["run/sessions"]
      #expect(rename(path, folder["moved"]) == 0)
      if how == "a file" { folder.write("x", to: "run/sessions") }
      if how == "a link to nothing" { #expect(symlink("/nowhere", path) == 0) }
      let store = try RecordStore(directory: folder["run"], logger: Logger(label: "test") { _ in log })
      let first = store.load()
      // What is launched from then on is kept.
      try store.save(.joined(new))
      return (first, try RecordStore(directory: folder["run"], logger: .silent).load())
    }
    #expect(first.records == [] && first.leftOut == 1)
    #expect(log.lines.count == 1 && log.lines[0].contains("/run/sessions"))
    #expect(second.records.map(\.id) == [new.description] && second.leftOut == 0)
  }

  @Test func aFolderThatIsNewIsNotOneThatIsLost() async throws {
    let loaded = try await onEventLoop { try RecordStore(directory: folder["run"], logger: .silent).load() }
    #expect(loaded.leftOut == 0)
  }

  @Test func whatHasAnotherNameIsLeftAlone() async throws {
    let good = SessionID()
    let loaded = try await onEventLoop {
      let store = try RecordStore(directory: folder["run"], logger: .silent)
      try store.save(.joined(good))
      // A daemon that died while it wrote.
      folder.write("{\"version", to: "run/sessions/\(SessionID()).json.new")
      // In the place of the record's other half: to write to it, one would wait for a reader for ever.
      unlink(folder["run/sessions/\(good).json.new"])
      #expect(mkfifo(folder["run/sessions/\(good).json.new"], 0o600) == 0)
      folder.write("{}", to: "run/sessions/README")
      folder.write("{}", to: "run/sessions/.json")
      folder.write("{}", to: "run/sessions/\u{1b}[2J\n.json")
      let loaded = store.load()
      #expect(Files.names(in: folder["run/sessions"]).filter { $0.hasSuffix(".new") } == [])
      try store.save(.joined(good))
      return loaded
    }
    #expect(loaded.records.map(\.id) == [good.description])
    #expect(loaded.leftOut == 2)
  }

  @Test(arguments: ["[{", "{}", #"{"sequence":1,"events":[]"#, #"{"sequence":18446744073709551615,"events":[]}"#])
  func aHistoryThatIsNoneIsLost(_ text: String) async throws {
    let log = Log()
    let history = try await onEventLoop {
      let store = try RecordStore(directory: folder["run"], logger: Logger(label: "test") { _ in log })
      folder.write(text, to: "run/history.json")
      return store.loadHistory()
    }
    #expect(history == nil)
    #expect(log.lines.count == 1)
  }

  /// Keeps what is logged.
  private final class Lines: Sendable {
    let all = Mutex<[String]>([])
  }

  private struct Log: LogHandler {
    private let kept = Lines()
    var lines: [String] { kept.all.withLock { $0 } }
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { kept.all.withLock { $0.append("\(event.message)") } }
  }
}

// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import OngoingCallDaemon

/// Nothing on the loop waits for a disk in the user's home, for the journal, or for another process. The sources are
/// looked through: a new call of such a kind is to be made by ``FileWorker``, or to be listed here with its reason.
@Suite struct BlockingCallsTests {
  private static let sources = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" } + "/Sources"

  /// Whole words that open, look at, or wait for something that may not answer.
  private static let calls: Set<String> = [
    "open", "openat", "fopen", "opendir", "stat", "lstat", "access", "readlink", "realpath", "mkdir", "rmdir", "rename",
    "unlink", "statfs", "fsync", "Files", "ReservedFile", "FileManager", "getpwuid_r", "getpwnam", "getaddrinfo",
    "system", "popen", "posix_spawn", "waitpid", "usleep", "nanosleep", "flock", "dgettext",
  ]

  /// What has them, and why it may. (`stat()` is the type, too.)
  private static let reasons: [String: String] = [
    "OngoingCallDaemon/Files.swift": "the tools themselves, for those below",
    "OngoingCallDaemon/FileJob.swift": "done by the process for files",
    "OngoingCallDaemon/FileFacts.swift": "`look` is done by the process for files",
    "OngoingCallDaemon/EngineCatalog.swift": "read by the process for files",
    "OngoingCallDaemon/ConfigurationDirectories.swift": "read by the process for files",
    "OngoingCallDaemon/ApplicationIcon.swift": "looked for by the process for files",
    "OngoingCallDaemon/ChannelStore.swift": "`load` is done by the process for files",
    "OngoingCallDaemon/Home.swift": "only the runtime folder, in memory",
    "OngoingCallDaemon/RuntimeFolder.swift": "in memory; and its lock is not waited for",
    "OngoingCallDaemon/RunningMark.swift": "the runtime folder, in memory",
    "OngoingCallDaemon/RecordStore.swift": "the runtime folder, in memory",
    "OngoingCallDaemon/ReservedFile.swift": "the runtime folder, in memory",
    "OngoingCallDaemon/NoticeStore.swift": "the runtime folder, in memory",
    "OngoingCallDaemon/ProcessIdentity.swift": "/proc",
    "OngoingCallDaemon/ProcessSample.swift": "/proc",
    "OngoingCallDaemon/ProcessStatus.swift": "/proc",
    "OngoingCallDaemon/ReturnStarter.swift": "`besideThisProgram` reads a link in /proc",
    "OngoingCallDaemon/LingerNote.swift": "/etc/machine-id, which the machine cannot be without",
    "OngoingCallDaemon/CallsService.swift": "`isStreamSocket` looks at a descriptor",
    "OngoingCallDaemon/AdoptionRequest.swift": "a method of its own name, of a process",
    "OngoingCallDaemon/Session.swift": "a method of its own name, of a channel",
    "OngoingCallDaemon/NotificationDesk.swift": "a method of its own name",
    "OngoingCallDaemon/Daemon.swift": "a method of its own name",
    "OngoingCallDaemon/EngineWarmUp.swift": "the runtime folder, in memory",
    "OngoingCallDaemon/Guardian.swift": "a property of its own name",
    "OngoingCallDaemon/Lingering.swift": "a property of its own name",
    "OngoingCallDaemon/SystemBus.swift": "a property of its own name",
    "Systemd/KeptWatches.swift": "a link in /proc",
    "Systemd/CallerProcess.swift": "/proc, and in it only what is in memory",
    "Systemd/LingerFlag.swift": "the login manager's folder; the user's name where no service manager has told it",
    "Systemd/SpareDescriptor.swift": "/dev/null",
    "CSystemd/text.c": "read once, before there are calls",
    "CSystemd/files.c": "asked of what a sandbox has in memory",
    "CSystemd/fork.c": "/dev/null, in the child",
  ]

  /// Beginnings of what waits for journald or the service manager, which nothing may have but who looks first whether
  /// there is room.
  private static let forbidden = ["sd_journal_", "sd_notify", "sd_pid_notify", "sd_booted", "syslog"]
  private static let looksFirst = "CSystemd/service.c"

  private static let files: [String] = ["OngoingCallDaemon", "Systemd", "CSystemd", "CProcess", "ongoingcalld"].flatMap
  {
    folder in Files.names(in: "\(sources)/\(folder)").map { "\(folder)/\($0)" }
  }.filter { $0.hasSuffix(".swift") || $0.hasSuffix(".c") }

  /// A name in a file's code, and whether something is called by it.
  private struct Word {
    var text: String
    var isCalled: Bool
  }

  /// Without comments; what is in a text counts.
  private static func words(_ file: String) throws -> [Word] {
    var words: [Word] = []
    var word: [UInt8] = []
    var last: UInt8 = 0
    var isComment = false
    for byte in try #require(Files.read("\(sources)/\(file)")) + [UInt8(ascii: "\n")] {
      if byte == UInt8(ascii: "\n") { isComment = false }
      if byte == UInt8(ascii: "/") && last == byte { isComment = true }
      last = byte
      guard !isComment else { continue }
      switch byte {
      case 48...57, 65...90, 95, 97...122: word.append(byte)
      default:
        guard !word.isEmpty else { continue }
        let isCalled = byte == UInt8(ascii: "(") || byte == UInt8(ascii: ".")
        words.append(Word(text: String(decoding: word, as: UTF8.self), isCalled: isCalled))
        word = []
      }
    }
    return words
  }

  @Test func nothingNewOnTheLoopWaits() throws {
    #expect(Self.files.count > 80)
    var found: Set<String> = []
    for file in Self.files {
      for word in try Self.words(file) {
        if file != Self.looksFirst, let start = Self.forbidden.first(where: { word.text.hasPrefix($0) }) {
          Issue.record("\(file): \(word.text) (\(start)… waits for the journal or the service manager)")
        }
        guard word.isCalled, Self.calls.contains(word.text), found.insert(file).inserted else { continue }
        #expect(Self.reasons[file] != nil, "\(file): \(word.text)")
      }
    }
    // A reason for nothing would hide the next one.
    for file in Self.reasons.keys.sorted() where !found.contains(file) { Issue.record("\(file) has none any more") }
  }
}

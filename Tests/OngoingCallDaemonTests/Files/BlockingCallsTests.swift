// SPDX-License-Identifier: Apache-2.0
import OngoingCallTestSupport
import Testing

@testable import OngoingCallDaemon

/// Nothing on the loop waits for a disk in the user's home, for the journal, or for another process. The sources are
/// looked through: a new call of such a kind is to be made by ``FileWorker``, or to be listed here with its reason.
@Suite struct BlockingCallsTests {
  /// Whole words that open, look at, or wait for something that may not answer.
  private static let calls: Set<String> = [
    "open", "openat", "fopen", "opendir", "stat", "lstat", "access", "readlink", "realpath", "mkdir", "rmdir", "rename",
    "unlink", "statfs", "fsync", "Files", "ReservedFile", "FileManager", "getpwuid_r", "getpwnam", "getaddrinfo",
    "system", "popen", "posix_spawn", "waitpid", "usleep", "nanosleep", "flock", "dgettext",
  ]

  /// What has them, and why it may. (`stat()` is the type, too.)
  private static let reasons: [String: String] = [
    "Files.swift": "the tools themselves, for those below",
    "FileKind.swift": "the tools themselves",
    "FileReading.swift": "the tools themselves",
    "FileWriting.swift": "the tools themselves",
    "FileStamp.swift": "looked at by the process for files",
    "SearchPath.swift": "`program` is looked for by the process for files; a link in /proc",
    "FileJob.swift": "done by the process for files",
    "DesktopSettings.swift": "read by the process for files",
    "FileFacts.swift": "`look` is done by the process for files",
    "EngineCatalog.swift": "read by the process for files",
    "ConfigurationDirectories.swift": "read by the process for files",
    "ApplicationIcon.swift": "looked for by the process for files",
    "PasswordFile.swift": "done by the process for files",
    "ChannelStore.swift": "`load` is done by the process for files",
    "AccountFolder.swift": "read and written by the process for files",
    "FolderWatch.swift": "done by the process for files",
    "Stream.swift": "what a descriptor is; `stat()` is the type",
    "Home.swift": "only the runtime folder, in memory",
    "RuntimeFolder.swift": "in memory; and its lock is not waited for",
    "RunningMark.swift": "the runtime folder, in memory",
    "RecordStore.swift": "the runtime folder, in memory",
    "ReservedFile.swift": "the runtime folder, in memory",
    "NoticeStore.swift": "the runtime folder, in memory",
    "PausedPlayersNote.swift": "the runtime folder, in memory",
    "ProcessIdentity.swift": "/proc",
    "ProcessSample.swift": "/proc",
    "ProcessStatus.swift": "/proc",
    "LingerNote.swift": "/etc/machine-id, which the machine cannot be without",
    "AdoptionRequest.swift": "a method of its own name, of a process",
    "NotificationController.swift": "a method of its own name",
    "CallReturner.swift": "a method of its own name",
    "Daemon.swift": "a method of its own name",
    "EngineWarmUp.swift": "the runtime folder, in memory",
    "MachineMonitor.swift": "a property of its own name",
    "Lingering.swift": "a property of its own name",
    "SystemBus.swift": "a property of its own name",
    "KeptWatches.swift": "a link in /proc",
    "CallerProcess.swift": "/proc, and in it only what is in memory",
    "LingerFlag.swift": "the login manager's folder; the user's name where no service manager has told it",
    "SpareDescriptor.swift": "/dev/null",
    "text.c": "read once, before there are calls",
    "files.c": "asked of what a sandbox has in memory",
    "process.c": "/dev/null, in the child",
    "hangup.c": "a header of that name",
    "program.c": "the `command` engine's",
    "rawmode.c": "the control tool's",
  ]

  /// Beginnings of what waits for journald or the service manager, which nothing may have but who looks first whether
  /// there is room.
  private static let forbidden = ["sd_journal_", "sd_notify", "sd_pid_notify", "sd_booted", "syslog"]
  private static let looksFirst = "service.c"

  private static let files = ["OngoingCallDaemon", "Systemd", "CSystemd", "CLinux", "LinuxFiles", "ongoingcalld"]
    .flatMap {
      ProjectFiles.names(in: "Sources/\($0)", endingIn: [".swift", ".c"])
    }

  private static func name(_ path: String) -> String { String(path.split(separator: "/").last ?? "") }

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
    for byte in try ProjectFiles.bytes(file) + [UInt8(ascii: "\n")] {
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
        if Self.name(file) != Self.looksFirst, let start = Self.forbidden.first(where: { word.text.hasPrefix($0) }) {
          Issue.record("\(file): \(word.text) (\(start)… waits for the journal or the service manager)")
        }
        guard word.isCalled, Self.calls.contains(word.text), found.insert(Self.name(file)).inserted else { continue }
        #expect(Self.reasons[Self.name(file)] != nil, "\(file): \(word.text)")
      }
    }
    // A reason for nothing would hide the next one.
    for file in Self.reasons.keys.sorted() where !found.contains(file) { Issue.record("\(file) has none any more") }
  }
}

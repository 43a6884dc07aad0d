// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallModel
import Glibc
import LinuxFiles
import OngoingCall

/// What there is to choose from in a launch, for shells to complete.
enum LaunchCompletion {
  /// The user's processes, with their commands.
  static let processes = CompletionKind.custom { _, _, _ in
    running().map { SessionCompletion.candidate("\($0.id)", $0.command, for: CompletionShell.requesting) }
  }

  static let engines = CompletionKind.custom { _, _, _ in
    FileProbes.engines(ManagerProbes.environment(within: .seconds(2))).engines.map { shown($0.name) }.sorted()
  }

  static let channels = CompletionKind.custom { _, _, _ in
    SessionCompletion.answer { try $0.look(at: .manager).notificationChannels }.map {
      SessionCompletion.candidate($0.id, shown($0.name, limit: 60), for: CompletionShell.requesting)
    }
  }

  private static func running() -> [(id: Int32, command: String)] {
    let numbers = Files.names(in: "/proc").compactMap { Int32($0) }.sorted()
    return numbers.compactMap { number in
      var status = stat()
      guard number != getpid(), number != getppid(), stat("/proc/\(number)", &status) == 0, status.st_uid == getuid(),
        let bytes = Files.read("/proc/\(number)/cmdline", limit: 4096), !bytes.isEmpty
      else { return nil }
      let words = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
      return (number, shown(CommandText.short(words), limit: 60))
    }
  }
}

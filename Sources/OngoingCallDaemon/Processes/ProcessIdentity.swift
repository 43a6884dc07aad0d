// SPDX-License-Identifier: Apache-2.0
import Systemd

/// What tells a process from all others, also from a later one of its number.
struct ProcessIdentity: Codable, Equatable, Sendable {
  var pid: Int32
  /// Ticks of the clock, since the machine was started.
  var startTime: UInt64
  /// The machine's start, `/proc/sys/kernel/random/boot_id`.
  var boot: String

  static var thisBoot: String {
    let text = Files.read("/proc/sys/kernel/random/boot_id", limit: 64).map { String(decoding: $0, as: UTF8.self) }
    return String((text ?? "").prefix { !$0.isWhitespace })
  }

  init(pid: Int32, _ status: ProcessStatus) {
    (self.pid, startTime, boot) = (pid, status.startTime, Self.thisBoot)
  }

  /// What no process has, in a line for people; nil where all is well.
  var problem: String? {
    pid > 1 && boot.utf8.count <= 64 ? nil : "its process is invalid"
  }
}

extension ProcessHandle {
  /// Which process it is: what `/proc/self/fdinfo` says of such a descriptor. nil where it is no process's.
  private static func number(_ descriptor: Int32) -> Int32? {
    guard let bytes = Files.read("/proc/self/fdinfo/\(descriptor)", limit: 4096) else { return nil }
    let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("Pid:") }
    return line.flatMap { Int32($0.dropFirst(4).drop { $0.isWhitespace }) }
  }

  static func isProcess(_ descriptor: Int32) -> Bool { number(descriptor) != nil }

  /// Its number; -1 where it has ended, 0 where it cannot be seen from here.
  var number: Int32 { Self.number(descriptor) ?? -1 }

  /// The process of that identity, as long as it runs. What an earlier daemon left of it in the fd store counts, and
  /// where that is lost, or is another's, its number and its start.
  static func of(_ identity: ProcessIdentity, stored: ProcessHandle?) -> ProcessHandle? {
    guard identity.boot == ProcessIdentity.thisBoot else { return nil }
    if let stored, stored.number == identity.pid, !stored.hasEnded { return stored }
    // First the descriptor, then whose it is: in this order it cannot become another's in between.
    guard let found = try? ProcessHandle(of: identity.pid), let status = ProcessStatus(of: identity.pid),
      status.startTime == identity.startTime, !found.hasEnded
    else { return nil }
    return found
  }
}

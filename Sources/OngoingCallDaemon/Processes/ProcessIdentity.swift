// SPDX-License-Identifier: Apache-2.0
import LinuxFiles
import Systemd

/// Identifies a process, even if a later process gets the same number.
struct ProcessIdentity: Codable, Equatable, Sendable {
  var pid: Int32
  /// Clock ticks since boot.
  var startTime: UInt64
  /// The boot id, `/proc/sys/kernel/random/boot_id`.
  var boot: String

  static var thisBoot: String {
    let text = Files.read("/proc/sys/kernel/random/boot_id", limit: 64).map { String(decoding: $0, as: UTF8.self) }
    return String((text ?? "").prefix { !$0.isWhitespace })
  }

  init(pid: Int32, _ status: ProcessStatus) {
    (self.pid, startTime, boot) = (pid, status.startTime, Self.thisBoot)
  }

  /// Why no process can have this identity, in a line for people; nil if it is valid.
  var problem: String? {
    pid > 1 && boot.utf8.count <= 64 ? nil : "its process is invalid"
  }
}

extension ProcessHandle {
  /// The number of the process, as `/proc/self/fdinfo` shows it for this descriptor; nil if it is not a process
  /// descriptor.
  private static func number(_ descriptor: Int32) -> Int32? {
    guard let bytes = Files.read("/proc/self/fdinfo/\(descriptor)", limit: 4096) else { return nil }
    let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("Pid:") }
    return line.flatMap { Int32($0.dropFirst(4).drop { $0.isWhitespace }) }
  }

  static func isProcess(_ descriptor: Int32) -> Bool { number(descriptor) != nil }

  /// Its number; -1 if it has exited, 0 if it is not visible from here.
  var number: Int32 { Self.number(descriptor) ?? -1 }

  /// Finds the process of that identity if it is running. The descriptor that an earlier daemon left in the fd store
  /// counts; if it is lost, or belongs to another process, the number and start time do.
  static func of(_ identity: ProcessIdentity, stored: ProcessHandle?) -> ProcessHandle? {
    guard identity.boot == ProcessIdentity.thisBoot else { return nil }
    if let stored, stored.number == identity.pid, !stored.hasEnded { return stored }
    // Open the descriptor first, then check the process: in this order it cannot change in between.
    guard let found = try? ProcessHandle(of: identity.pid), let status = ProcessStatus(of: identity.pid),
      status.startTime == identity.startTime, !found.hasEnded
    else { return nil }
    return found
  }
}

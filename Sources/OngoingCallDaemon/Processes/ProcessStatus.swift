// SPDX-License-Identifier: Apache-2.0
import CallModel
import Glibc
import LinuxFiles

/// Facts about a process (proc(5), `/proc/PID/status`, `/proc/PID/stat` and `/proc/PID/cgroup`).
struct ProcessStatus: Equatable {
  var name: String
  /// The process; it differs from the requested number if that is a thread.
  var process: Int32
  var parent: Int32
  /// The real, effective, saved, and file system user.
  var users: [uid_t]
  /// It has exited, but its parent has not noticed yet.
  var isZombie: Bool
  /// Clock ticks since boot.
  var startTime: UInt64
  /// The names in the path of its control group, one of which is its unit.
  var groups: [String]

  /// nil if there is no such process.
  init?(of number: Int32) {
    func text(_ file: String) -> String? {
      Files.read("/proc/\(number)/\(file)", limit: 64 * 1024).map { String(decoding: $0, as: UTF8.self) }
    }
    guard number > 0, let status = text("status"), let stat = text("stat"), let groups = text("cgroup") else {
      return nil
    }
    self.init(status: status, stat: stat, cgroup: groups)
  }

  init?(status: String, stat: String, cgroup: String) {
    var fields: [Substring: Substring] = [:]
    for line in status.split(separator: "\n") {
      guard let colon = line.firstIndex(of: ":") else { continue }
      fields[line[..<colon]] = line[line.index(after: colon)...].drop { $0 == "\t" || $0 == " " }
    }
    guard let name = fields["Name"], let process = fields["Tgid"].flatMap({ Int32($0) }),
      let parent = fields["PPid"].flatMap({ Int32($0) }), let users = fields["Uid"],
      let stat = ProcessStat(stat), let startTime = stat.startTime
    else { return nil }
    self.name = String(name)
    self.process = process
    self.parent = parent
    self.users = users.split { $0 == "\t" || $0 == " " }.compactMap { uid_t($0) }
    self.startTime = startTime
    isZombie = stat.state == "Z" || stat.state == "X"
    groups = Self.groups(cgroup)
  }

  /// From the hierarchy of the service manager: the unified one, or, without it, systemd's own.
  private static func groups(_ text: String) -> [String] {
    let paths = text.split(separator: "\n").compactMap { line -> Substring? in
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      return parts.count == 3 && (parts[1].isEmpty || parts[1] == "name=systemd") ? parts[2] : nil
    }
    return (paths.first { $0 != "/" } ?? "").split(separator: "/").map(String.init)
  }

  /// The session to which it belongs: by an engine's unit, or by that of an adopted process.
  var session: String? {
    groups.lazy.compactMap { EngineUnit.session(inUnit: $0) ?? AdoptedUnit.session(inUnit: $0) }.first
  }

  /// The unit in which snapd keeps the processes of a snap: `snap.NAME.APP-UUID.scope`, or a service of the snap.
  var snapUnit: String? {
    groups.first { $0.hasPrefix("snap.") && ($0.hasSuffix(".scope") || $0.hasSuffix(".service")) }
  }

  /// All four must match: a program that may become another user does not belong to its user alone.
  func belongs(to user: uid_t) -> Bool { users.count == 4 && users.allSatisfy { $0 == user } }

  /// The descendants of the process that are running and belong to this user.
  static func descendants(of process: Int32) -> [(number: Int32, status: ProcessStatus)] {
    let all = Files.names(in: "/proc").compactMap { Int32($0) }
      .compactMap { number in ProcessStatus(of: number).map { (number: number, status: $0) } }
    let children = Dictionary(grouping: all, by: \.status.parent)
    var found: [(number: Int32, status: ProcessStatus)] = []
    var seen: Set<Int32> = [process]
    var waiting = [process]
    while let parent = waiting.popLast() {
      // Numbers may be reused while they are read.
      for child in children[parent] ?? [] where seen.insert(child.number).inserted {
        waiting.append(child.number)
        if child.status.belongs(to: getuid()), !child.status.isZombie { found.append(child) }
      }
    }
    return found
  }

  /// The process itself, its parent, and so on up to the first one.
  static func ancestry(of process: Int32) -> [Int32] {
    var line: [Int32] = []
    var next = process
    while next > 0, !line.contains(next) {
      line.append(next)
      next = ProcessStatus(of: next)?.parent ?? 0
    }
    return line
  }
}

extension ProcessStatus {
  /// Whether a process does nothing any more, although it still exists: SIGKILL is pending, its core is being dumped,
  /// or its main thread has exited.
  static func wasKilled(_ number: Int32) -> Bool {
    guard let status = Files.read("/proc/\(number)/status", limit: 64 * 1024) else { return false }
    return String(decoding: status, as: UTF8.self).split(separator: "\n").contains { line in
      let fields = line.split { $0 == "\t" || $0 == " " }
      guard fields.count > 1 else { return false }
      switch fields[0] {
      case "State:": return fields[1] == "Z" || fields[1] == "X"
      case "SigPnd:", "ShdPnd:": return UInt64(fields[1], radix: 16).map { $0 & 1 << UInt64(SIGKILL - 1) != 0 } ?? false
      case "CoreDumping:": return fields[1] == "1"
      default: return false
      }
    }
  }
}

/// The fields of `/proc/PID/stat` after the program's name, which can contain anything.
struct ProcessStat {
  private let fields: [Substring]

  init?(_ text: String) {
    guard let bracket = text.lastIndex(of: ")") else { return nil }
    fields = text[text.index(after: bracket)...].split(separator: " ")
  }

  var state: Substring? { fields.first }
  /// Clock ticks.
  var userTime: UInt64? { number(14) }
  var systemTime: UInt64? { number(15) }
  var startTime: UInt64? { number(22) }

  /// By the field numbers of proc(5).
  private func number(_ field: Int) -> UInt64? {
    let index = field - 3
    return fields.indices.contains(index) ? UInt64(fields[index]) : nil
  }
}

// SPDX-License-Identifier: Apache-2.0
import Glibc

/// What a process does at one time (proc(5), `/proc/PID/stat`).
struct ProcessSample: Equatable {
  /// Its first thread waits for a processor, or has one, or waits for a disk.
  var wantsToRun: Bool
  /// µs of all its threads.
  var processorTime: UInt64

  init(wantsToRun: Bool, processorTime: UInt64) {
    self.wantsToRun = wantsToRun
    self.processorTime = processorTime
  }

  init?(of process: UInt32) {
    guard process > 0, let bytes = Files.read("/proc/\(process)/stat", limit: 4096) else { return nil }
    self.init(stat: String(decoding: bytes, as: UTF8.self))
  }

  init?(stat text: String) {
    // The program's name, in brackets, may hold anything.
    guard let bracket = text.lastIndex(of: ")") else { return nil }
    let fields = text[text.index(after: bracket)...].split(separator: " ")
    let ticksPerSecond = UInt64(max(1, sysconf(Int32(_SC_CLK_TCK))))
    guard fields.count > 12, let user = UInt64(fields[11]), let system = UInt64(fields[12]) else { return nil }
    wantsToRun = fields[0] == "R" || fields[0] == "D"
    let (ticks, overflows) = user.addingReportingOverflow(system)
    guard !overflows, ticks < .max / 1_000_000 else { return nil }
    processorTime = ticks * 1_000_000 / ticksPerSecond
  }
}

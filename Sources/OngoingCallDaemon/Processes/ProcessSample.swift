// SPDX-License-Identifier: Apache-2.0
import Glibc
import LinuxFiles

/// A sample of what a process does (proc(5), `/proc/PID/stat`).
struct ProcessSample: Equatable {
  /// Its main thread is running, waiting for a processor, or waiting for a disk.
  var wantsToRun: Bool
  /// The processor time of all its threads, in µs.
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
    let ticksPerSecond = UInt64(max(1, sysconf(Int32(_SC_CLK_TCK))))
    guard let stat = ProcessStat(text), let user = stat.userTime, let system = stat.systemTime else { return nil }
    wantsToRun = stat.state == "R" || stat.state == "D"
    let (ticks, overflows) = user.addingReportingOverflow(system)
    guard !overflows, ticks < .max / 1_000_000 else { return nil }
    processorTime = ticks * 1_000_000 / ticksPerSecond
  }
}

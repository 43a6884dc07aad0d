// SPDX-License-Identifier: Apache-2.0
import Glibc

/// How a program exited.
enum ProgramExit: Equatable {
  case status(Int)
  case signal(Int)

  /// From the status of waitpid(2).
  init(waitStatus: Int32) {
    let signal = Int(waitStatus & 0x7F)
    self = signal == 0 ? .status(Int(waitStatus >> 8) & 0xFF) : .signal(signal)
  }

  /// Like a shell's `$?`.
  var exitStatus: Int {
    switch self {
    case .status(let status): status
    case .signal(let signal): 128 + signal
    }
  }
}

extension ProgramExit: CustomStringConvertible {
  var description: String {
    switch self {
    case .status(let status): "exit status \(status)"
    case .signal(let signal):
      "killed by signal \(signal)" + (Self.names[Int32(signal)].map { " (\($0))" } ?? "")
    }
  }

  private static let names: [Int32: String] = [
    SIGHUP: "SIGHUP", SIGINT: "SIGINT", SIGQUIT: "SIGQUIT", SIGILL: "SIGILL", SIGTRAP: "SIGTRAP",
    SIGABRT: "SIGABRT",
    SIGBUS: "SIGBUS", SIGFPE: "SIGFPE", SIGKILL: "SIGKILL", SIGUSR1: "SIGUSR1", SIGSEGV: "SIGSEGV",
    SIGUSR2: "SIGUSR2", SIGPIPE: "SIGPIPE", SIGALRM: "SIGALRM", SIGTERM: "SIGTERM", SIGXCPU: "SIGXCPU",
    SIGXFSZ: "SIGXFSZ", SIGVTALRM: "SIGVTALRM", SIGPROF: "SIGPROF", SIGIO: "SIGIO", SIGPWR: "SIGPWR",
    SIGSYS: "SIGSYS",
  ]
}

// SPDX-License-Identifier: Apache-2.0
import CallModel

/// What the daemon's program was started with. It is a service, and has no options but those that tell of it.
enum DaemonArguments: Equatable {
  case none
  case help
  case version
  case unknown(String)

  init(_ arguments: [String]) {
    switch arguments.first {
    case nil: self = .none
    case "--help", "-h": self = arguments.count == 1 ? .help : .unknown(arguments[1])
    case "--version": self = arguments.count == 1 ? .version : .unknown(arguments[1])
    case let other?: self = .unknown(other)
    }
  }

  static let usage = """
    Usage: \(DaemonName.executable) [--help | --version]

    Keeps the user's calls. It is a service: the bus starts it when it is called,
    and \(ToolName.control) calls it. There is one of it for a user.

      systemctl --user status \(DaemonName.executable)
      \(ToolName.control) status

    """
}

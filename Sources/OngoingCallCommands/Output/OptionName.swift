// SPDX-License-Identifier: Apache-2.0
import CallModel

/// What options of the D-Bus API are called on the command line.
enum OptionName {
  /// - Parameter option: as a ``OptionProblem`` has it: `launch-timeout`, or `notification.icon`.
  static func ofTool(_ option: String) -> String? {
    let name = option.split(separator: ".").last.map(String.init) ?? option
    return LaunchRequest.table[name]?.toolName ?? CustomNotification.table[name]?.toolName
      ?? NotificationChannel.table[name]?.toolName ?? Account.table[name]?.toolName
  }
}

extension CommandFailure {
  init(_ problem: OptionProblem) {
    self = .usage("\(OptionName.ofTool(problem.option) ?? problem.option): \(problem.text)")
  }
}

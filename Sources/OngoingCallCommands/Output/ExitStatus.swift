// SPDX-License-Identifier: Apache-2.0

/// The exit statuses of `ongoingcallctl`. They are stable; from 64 on they are those of sysexits.h.
enum ExitStatus: Int32, CaseIterable {
  case success = 0
  case failure = 1
  case notJoined = 2
  case usage = 64
  case noSession = 66
  case unavailable = 69
  case outputError = 74
  case timedOut = 75

  var meaning: String {
    switch self {
    case .success: "done"
    case .failure: "ongoingcalld refused to do it, or could not; doctor: something is broken"
    case .notJoined: "launch: the call ended without having been joined"
    case .usage: "the command line cannot be carried out as it stands"
    case .noSession: "no such call, or several that could be meant"
    case .unavailable: "no session bus or journal, or ongoingcalld is missing or does not start"
    case .outputError: "the output could not be written"
    case .timedOut: "no answer in time"
    }
  }

  /// For the help text.
  static var table: String {
    allCases.map { status in
      let number = String(status.rawValue)
      return String(repeating: " ", count: 4 - number.count) + number + "  " + status.meaning
    }.joined(separator: "\n")
  }
}

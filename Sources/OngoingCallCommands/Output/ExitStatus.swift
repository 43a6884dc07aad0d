// SPDX-License-Identifier: Apache-2.0

/// The exit statuses of `ongoingcallctl`. They are stable; from 64 on they are those of sysexits.h.
enum ExitStatus: Int32, CaseIterable {
  case success = 0
  case failure = 1
  case notJoined = 2
  case declined = 3
  case usage = 64
  case noSession = 66
  case unavailable = 69
  case outputError = 74
  case timedOut = 75

  var meaning: String {
    switch self {
    case .success: "success"
    case .failure: "ongoingcalld refused or failed; doctor, account test: found a problem"
    case .notJoined: "launch: the call ended before it was joined"
    case .declined: "open: you did not want the call"
    case .usage: "invalid command line"
    case .noSession: "no such call, account or channel, or several match"
    case .unavailable: "the session bus, the journal or ongoingcalld is not available"
    case .outputError: "cannot write the output"
    case .timedOut: "timed out"
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

// SPDX-License-Identifier: Apache-2.0
import CallModel
import OngoingCall

extension CallsError {
  /// Nobody can say whether it was done.
  var isAboutNoAnswer: Bool {
    switch self {
    case .daemonVanished, .timedOut, .disconnected, .refused(name: BusErrorName.outcomeUnknown, _): true
    default: false
    }
  }
}

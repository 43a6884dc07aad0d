// SPDX-License-Identifier: Apache-2.0
import OngoingCall

/// Those that are to be removed by what they hear.
actor Recorders {
  private var recorders: [Recorder] = []

  func add(_ recorder: Recorder) { recorders.append(recorder) }

  func removeAll(from session: CallSession) {
    for recorder in recorders { session.removeSessionStatusListener(recorder) }
  }
}

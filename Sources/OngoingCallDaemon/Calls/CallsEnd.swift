// SPDX-License-Identifier: Apache-2.0
import CallLife
import Systemd

// MARK: - The end of all calls

extension CallsService {
  /// From now on nothing is launched.
  func stopLaunching() { launches.close() }

  /// Those that have not ended, and those that are about to be there.
  var underWay: [Session] { live + launches.sessions }

  /// Returns when no launch is under way any more.
  func settleLaunches() async { await launches.settle() }

  /// Ends all sessions, and returns when nothing of them runs any more, or what tells the far ends has had its time.
  /// Those that are being launched hear of it as soon as they can.
  func endAll(_ input: SessionLife.Input) async {
    let ending = underWay
    for session in ending { session.handle(input) }
    for session in ending {
      _ = await launches.outcome(of: session.id)
      // One that could not be launched has never been.
      guard sessions[session.id] != nil else { continue }
      await withCheckedContinuation { over in session.whenEnded { over.resume() } }
    }
    await settleFarewells()
  }
}

// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import Systemd

/// Calls that have ended, while their engines go on to tell the far ends.
extension CallsService {
  /// They are no calls any more for anybody else.
  var inFarewell: [Session] { sessions.values.filter(\.life.isInFarewell) }

  /// Returns when every far end has been told, or has been given enough time.
  func settleFarewells() async {
    let rest = lastOnes
    guard !rest.isEmpty else { return }
    for session in rest {
      session.whenOver { [weak self] in if self?.lastOnes.isEmpty == true { self?.farewellsAreOver() } }
    }
    let timer = try? EventSource.timer(after: Wait.farewellsAtStop) { [weak self] in self?.farewellsAreOver() }
    guard timer != nil else { return }
    await withCheckedContinuation { farewellsEnd = $0 }
    withExtendedLifetime(timer) {}
  }

  /// Have ended, and something of them runs.
  private var lastOnes: [Session] { sessions.values.filter { $0.life.state == .ended && !$0.life.isOver } }

  private func farewellsAreOver() {
    farewellsEnd?.resume()
    farewellsEnd = nil
  }

  /// Nobody but the user takes up all the room, and nobody but the user hears how much of it is taken.
  func checkNumber(of sandbox: Sandbox?) throws(CallRefusal) {
    let (running, ended) = (underWay.map(\.spec.sandbox), inFarewell.map(\.spec.sandbox))
    let own = sandbox == nil ? running.count : running.count { $0 == sandbox }
    guard own < (sandbox == nil ? Limit.sessions : Limit.sessionsOfSandbox) else {
      throw .limitReached("there are \(own) calls, which is the limit; end one first")
    }
    guard sandbox == nil || ended.count(where: { $0 == sandbox }) < Limit.sessionsOfSandbox else {
      throw .limitReached("the far ends of the last calls have not confirmed the end yet; try again in a minute")
    }
    let ofSandboxes = (running + ended).count { $0 != nil }
    guard running.count < Limit.sessions, ended.count < Limit.farewells,
      sandbox == nil || ofSandboxes < Limit.sessionsOfSandboxes
    else { throw .limitReached("no more calls are allowed just now") }
  }
}

// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import Systemd

/// Sessions whose engine is being started: nobody has heard of them yet, but whoever asked for them.
@EventLoopActor
final class PendingLaunches {
  typealias Outcome = Result<Session, CallRefusal>

  private var launches: [SessionID: (session: Session, waiters: [CheckedContinuation<Outcome, Never>])] = [:]
  /// The daemon stops: what is launched now would have nobody to keep it.
  private(set) var areClosed = false

  var sessions: [Session] { launches.values.map(\.session) }

  func contains(_ id: SessionID) -> Bool { launches[id] != nil }

  func begin(_ session: Session) { launches[session.id] = (session, []) }

  func finish(_ id: SessionID, _ outcome: Outcome) {
    for waiter in launches.removeValue(forKey: id)?.waiters ?? [] { waiter.resume(returning: outcome) }
  }

  /// How many wait for that launch; nil where it is not under way.
  func waiters(for id: SessionID) -> Int? { launches[id]?.waiters.count }

  /// What has become of a launch that is under way, once it is known.
  func outcome(of id: SessionID) async -> Outcome? {
    guard contains(id) else { return nil }
    return await withCheckedContinuation { launches[id]?.waiters.append($0) }
  }

  /// From now on nothing is launched.
  func close() { areClosed = true }

  /// Returns when no launch is under way any more.
  func settle() async {
    for id in launches.keys { _ = await outcome(of: id) }
  }
}

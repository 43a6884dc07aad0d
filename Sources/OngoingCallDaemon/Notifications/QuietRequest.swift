// SPDX-License-Identifier: Apache-2.0
import CallModel
import Logging
import Systemd

/// Asks the notification server to hold other applications' notifications back, as long as that is wanted.
///
/// A server ends it by itself when the daemon leaves the bus; the next daemon asks again.
@EventLoopActor
final class QuietRequest {
  private enum State {
    case none
    case asked
    /// Granted, with the number by which it ends.
    case granted(UInt32)
    case refused
  }

  private let reason: String
  private let lines: LimitedLog
  private weak var server: NotificationServer?
  private var isWanted = false
  private var state = State.none

  /// - Parameter reason: for the user, in their language.
  init(_ reason: String, _ lines: LimitedLog) { (self.reason, self.lines) = (reason, lines) }

  func serverAppeared(_ server: NotificationServer) { self.server = server }

  /// What it has granted is gone with it.
  func serverVanished() { (server, isWanted, state) = (nil, false, .none) }

  func want(_ isWanted: Bool) {
    self.isWanted = isWanted
    settle()
  }

  private func settle() {
    switch (state, isWanted) {
    case (.none, true):
      state = .asked
      server?.holdBack(reason) { [weak self] in self?.answered($0) }
    case (.granted(let number), false):
      state = .none
      server?.letThrough(number)
    case (.refused, false): state = .none
    default: break
    }
  }

  private func answered(_ result: Result<UInt32, BusError>) {
    switch result {
    case .success(let number): state = .granted(number)
    case .failure(let error):
      state = .refused
      lines.log(.warning, "the notification server does not hold other notifications back: \(error.shown)")
    }
    settle()
  }
}

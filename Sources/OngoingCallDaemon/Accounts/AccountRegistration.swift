// SPDX-License-Identifier: Apache-2.0
import CallModel
import EngineChannel
import Systemd

/// That a call has registered its account, or is about to. Each call does so for itself.
struct AccountRegistration: Equatable, Sendable {
  let account: AccountID
  /// Of another one, it is not the account's any more.
  let address: String
  /// In microseconds since the epoch; 0 is that it is not registered yet.
  var until: UInt64 = 0
}

extension AccountStore {
  /// What the engine of a call tells of its account.
  func heard(_ news: EngineRegistration, of session: SessionID, _ spec: LaunchSpec) {
    guard let id = spec.account.flatMap(AccountID.init), let address = spec.accountSettings?.address else { return }
    var registration = AccountRegistration(account: id, address: address)
    switch news.state {
    case .registering: note(registration, of: session)
    case .registered:
      registration.until = Self.time(in: news.expiresIn ?? 0, unless: registrations[session]?.until)
      note(registration, of: session)
      learn(of: id) { found in
        if found.hasPassword != false { found.problem = "" }
        found.isRefused = false
      }
    case .failed:
      note(nil, of: session)
      learn(of: id) { ($0.isRefused, $0.problem) = (true, "the registration failed: \(news.detail)") }
    case .removed: note(nil, of: session)
    }
  }

  /// Nothing of the call runs any more.
  func forgetRegistration(of session: SessionID) { note(nil, of: session) }

  /// The same as before where only the seconds were rounded otherwise.
  private static func time(in seconds: Int, unless before: UInt64?) -> UInt64 {
    let second: UInt64 = 1_000_000
    let time = SystemClock.realtime.now + UInt64(max(0, seconds)) * second
    guard let before, max(time, before) - min(time, before) < 2 * second else { return time }
    return before
  }
}

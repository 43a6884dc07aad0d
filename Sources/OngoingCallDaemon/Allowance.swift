// SPDX-License-Identifier: Apache-2.0
import Systemd

/// What an engine may say in ``period``. It is not much: a change of state now and then, and counters once a second.
struct Allowance {
  static let period: UInt64 = 5_000_000
  static let messages = 500
  static let bytes = 1024 * 1024

  private var began: UInt64 = 0
  private var messagesLeft = 0
  private var bytesLeft = 0

  /// Takes away from what is left; false where there is not enough.
  mutating func take(messages: Int = 0, bytes: Int = 0, now: UInt64 = SystemClock.boottime.now) -> Bool {
    if now - began >= Self.period { (began, messagesLeft, bytesLeft) = (now, Self.messages, Self.bytes) }
    messagesLeft -= messages
    bytesLeft -= bytes
    return messagesLeft >= 0 && bytesLeft >= 0
  }
}

// SPDX-License-Identifier: Apache-2.0
import Systemd

/// The rate limit of an engine: what it may send in ``period`` by itself. It needs little: a state now and then, and
/// counters once a second. Its answers do not count.
struct EngineRateLimit {
  static let period: UInt64 = 5_000_000
  static let messages = 500
  static let bytes = 1024 * 1024

  private var began: UInt64 = 0
  private var messagesLeft = 0
  private var bytesLeft = 0
  /// Requests in this period, whose answers it may send in the next one.
  private var asked = 0

  /// What one request can cause: its answer, another state, an error, and counters.
  static let messagesOfAnswer = 4
  static let bytesOfAnswer = 32 * 1024

  /// The engine got a request, and is to answer.
  mutating func ask(now: UInt64 = SystemClock.boottime.now) {
    renew(now)
    asked += 1
    grant(1)
  }

  private mutating func grant(_ requests: Int) {
    messagesLeft += requests * Self.messagesOfAnswer
    bytesLeft += requests * Self.bytesOfAnswer
  }

  private mutating func renew(_ now: UInt64) {
    guard now - began >= Self.period else { return }
    (began, messagesLeft, bytesLeft) = (now, Self.messages, Self.bytes)
    grant(asked)
    asked = 0
  }

  /// Uses up a part of the limit; false if not enough is left.
  mutating func take(messages: Int = 0, bytes: Int = 0, now: UInt64 = SystemClock.boottime.now) -> Bool {
    renew(now)
    messagesLeft -= messages
    bytesLeft -= bytes
    return messagesLeft >= 0 && bytesLeft >= 0
  }
}

// SPDX-License-Identifier: Apache-2.0
import CallModel

/// What the daemon is told of the program: whatever changes, but no more often than the protocol allows.
struct ProgramNews {
  private static let interval = 200

  private var told: ProgramStatus?
  private var mayTellAt = 0
  private var isWaiting = false
  /// The daemon asks for it.
  var isAsked = false

  /// What is to be told now, if anything is.
  mutating func take(_ status: ProgramStatus) -> ProgramStatus? {
    let now = monotonicMilliseconds()
    isWaiting = status != told && now < mayTellAt
    guard isAsked || (status != told && !isWaiting) else { return nil }
    (told, isAsked, isWaiting, mayTellAt) = (status, false, false, now + Self.interval)
    return status
  }

  /// Nothing can be told now.
  mutating func wait() { isWaiting = false }

  /// Milliseconds until something is to be told; nil where nothing is.
  var timeout: Int32? { isWaiting ? Int32(max(0, mayTellAt - monotonicMilliseconds())) : nil }
}

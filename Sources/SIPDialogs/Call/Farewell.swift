// SPDX-License-Identifier: Apache-2.0

/// What the far end must still be told about the end.
struct Farewell: Sendable, Equatable {
  /// Dialogs whose BYE is not confirmed.
  var goodbyes: [Dialog] = []
  /// Why the call is over, as long as a successor would have something to tell.
  var record: CallTicket.Farewell?
  private var refusals = 0

  private static let mostRefusals = 4

  mutating func confirmed(by remoteTag: String) { goodbyes.removeAll { $0.remoteTag == remoteTag } }

  /// Whether to send a BYE again that was refused: if it arrived out of order, or before a proxy, the dialog still
  /// exists.
  mutating func mustRepeat(after status: Int) -> Bool {
    guard [408, 491, 500, 503, 504].contains(status), refusals < Self.mostRefusals else { return false }
    refusals += 1
    return true
  }

  mutating func end() { (record, goodbyes) = (nil, []) }
}

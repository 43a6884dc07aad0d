// SPDX-License-Identifier: Apache-2.0

/// The identifiers and numbers that this end chooses, from one source of randomness.
struct CallIDs: Sendable {
  private(set) var callID = ""
  private(set) var localTag = ""
  /// The highest CSeq of this end's requests.
  private(set) var sequence: UInt32 = 0
  var random: any RandomNumberGenerator & Sendable

  /// Skips numbers that the previous process may have used without saving them.
  private static let sequenceStep: UInt32 = 10
  /// The limit of a CSeq (RFC 3261, 8.1.1.5).
  private static let highestSequence = UInt32(Int32.max)

  init(random: any RandomNumberGenerator & Sendable) { self.random = random }

  /// Names a new dialog.
  mutating func begin() { (callID, localTag) = (token(24), token(12)) }

  /// Continues the dialog, or the registration, of a process that is gone.
  mutating func takeUp(callID: String, tag: String, sequence: UInt32) {
    (self.callID, localTag) = (callID, tag)
    self.sequence = min(sequence, Self.highestSequence - 1000) + Self.sequenceStep
  }

  mutating func nextSequence() -> UInt32 {
    sequence = min(sequence, Self.highestSequence - 1) + 1
    return sequence
  }

  mutating func token(_ length: Int) -> String {
    let digits = Array("0123456789abcdefghijklmnopqrstuvwxyz")
    return String((0..<length).map { _ in digits[Int.random(in: 0..<digits.count, using: &random)] })
  }

  /// The cookie marks a unique branch (RFC 3261, 8.1.1.7).
  mutating func branch() -> String { "z9hG4bK" + token(20) }
}

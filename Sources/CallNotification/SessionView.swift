// SPDX-License-Identifier: Apache-2.0
public import CallModel

/// What a notification needs to know about a session.
public struct SessionView: Sendable, Equatable {
  public var id: String
  public var title: String
  /// Whom it calls, for people; empty if it calls nobody.
  public var address: String
  public var state: SessionState
  public var hasRung: Bool
  /// The time of day at which it was joined, in the user's format; nil before.
  public var joinedAt: String?
  public var muted: Bool
  public var onHold: Bool
  public var isRecorded: Bool
  public var canMute: Bool
  /// Whether returning has a known effect.
  public var canReturn: Bool
  /// It was told to end, but has not.
  public var resistsEnd: Bool

  public init(
    id: String, title: String, address: String = "", state: SessionState, hasRung: Bool = false,
    joinedAt: String? = nil,
    muted: Bool = false, onHold: Bool = false, isRecorded: Bool = false, canMute: Bool = false, canReturn: Bool = true,
    resistsEnd: Bool = false
  ) {
    self.id = id
    self.title = title
    self.address = address
    self.state = state
    self.hasRung = hasRung
    self.joinedAt = joinedAt
    self.muted = muted
    self.onHold = onHold
    self.isRecorded = isRecorded
    self.canMute = canMute
    self.canReturn = canReturn
    self.resistsEnd = resistsEnd
  }
}

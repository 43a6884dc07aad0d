// SPDX-License-Identifier: Apache-2.0
import CallModel

/// What the end of a call was for its user.
public enum CallEnding: String, Sendable, CaseIterable, Codable {
  /// As somebody wanted it.
  case ended
  /// It was there, and broke.
  case dropped
  /// It never came about.
  case failed

  public init(_ end: SessionEnd) {
    switch (end.event, end.reason) {
    case (.left, _), (.timedOut, _): self = .ended
    // Who logs out ends everything that is there.
    case (_, .logout): self = .ended
    case (.connectionClosed, _): self = .dropped
    case (.launchFailed, _): self = .failed
    }
  }
}

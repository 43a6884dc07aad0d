// SPDX-License-Identifier: Apache-2.0
import CallModel

/// What the end of a call meant to its user.
public enum CallEnding: String, Sendable, CaseIterable, Codable {
  /// Somebody wanted it.
  case ended
  /// The call was up, and was dropped.
  case dropped
  /// The call could not be launched.
  case failed

  public init(_ end: SessionEnd) {
    switch (end.event, end.reason) {
    case (.left, _), (.timedOut, _): self = .ended
    // Logging out ends everything.
    case (_, .logout): self = .ended
    case (.connectionClosed, _): self = .dropped
    case (.launchFailed, _): self = .failed
    }
  }
}

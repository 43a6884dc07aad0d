// SPDX-License-Identifier: Apache-2.0

/// Where a session is in its life. The raw values are part of the D-Bus API and the journal.
public enum SessionState: String, Sendable, CaseIterable, Codable {
  case launching
  case joined
  case reconnecting
  case leaving
  case ended
}

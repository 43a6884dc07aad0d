// SPDX-License-Identifier: Apache-2.0

/// Why the connection of a call is interrupted. The raw values are part of the D-Bus API and the journal.
public enum InterruptionCause: String, Sendable, CaseIterable, Codable {
  case network
  case engineCrash = "engine-crash"
  case engineHang = "engine-hang"
  case suspend
  case farEnd = "far-end"
}

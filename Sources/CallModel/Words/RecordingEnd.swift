// SPDX-License-Identifier: Apache-2.0

/// Why the recording of a call stopped. The raw values are part of the D-Bus API.
public enum RecordingEnd: String, Sendable, CaseIterable, Codable {
  /// The user stopped it.
  case stopped
  /// The file could not be written any more.
  case failed
  /// The engine was replaced, and the new one could not continue the file.
  case engineReplaced = "engine-replaced"
  case callEnded = "call-ended"
}

// SPDX-License-Identifier: Apache-2.0

/// Why the recording of a call ended. The raw values are part of the D-Bus API.
public enum RecordingEnd: String, Sendable, CaseIterable, Codable {
  /// The user stopped it.
  case stopped
  /// The file could not be written to any more.
  case failed
  /// The engine that wrote it is gone, and the next one could not go on with it.
  case engineReplaced = "engine-replaced"
  case callEnded = "call-ended"
}

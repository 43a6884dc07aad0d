// SPDX-License-Identifier: Apache-2.0

/// The sound devices that a call uses.
public struct AudioUse: Sendable, Equatable, Codable {
  public enum Device: String, Sendable, CaseIterable, Codable {
    case microphone
    case speaker
  }

  /// By its name in the sound system; empty if there is none, nil if unknown.
  public var microphone: String?
  public var speaker: String?
  /// Devices that are used because the chosen one is not connected.
  public var fallback: [Device]

  public init(microphone: String? = nil, speaker: String? = nil, fallback: [Device] = []) {
    self.microphone = microphone
    self.speaker = speaker
    self.fallback = fallback
  }
}

// SPDX-License-Identifier: Apache-2.0

/// The sound devices that a call uses.
public struct AudioUse: Sendable, Equatable, Codable {
  public enum Device: String, Sendable, CaseIterable, Codable {
    case microphone
    case speaker
  }

  /// By the name that the sound system has for it; empty where there is none, nil where that is not known.
  public var microphone: String?
  public var speaker: String?
  /// Those that stand in for the one that was asked for, which is not there.
  public var fallback: [Device]

  public init(microphone: String? = nil, speaker: String? = nil, fallback: [Device] = []) {
    self.microphone = microphone
    self.speaker = speaker
    self.fallback = fallback
  }
}

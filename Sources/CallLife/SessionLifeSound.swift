// SPDX-License-Identifier: Apache-2.0

// MARK: - Recordings and sound devices

extension SessionLife {
  mutating func recorded(to file: String?) -> [Effect] {
    guard file != recording else { return [] }
    var effects: [Effect] = []
    if recording != nil { effects.append(.announce(.recordingStopped(.stopped, detail: ""))) }
    if let file { effects.append(.announce(.recordingStarted(file: file))) }
    recording = file
    return effects
  }

  /// The engine says so before it reports the call without it.
  mutating func recordingFailed(_ detail: String) -> [Effect] {
    guard recording != nil else { return [] }
    recording = nil
    return [.announce(.recordingStopped(.failed, detail: detail))]
  }

  /// It is of the engine that writes it, and ends with that.
  mutating func recordingLost() -> [Effect] {
    guard recording != nil, !engineSpeaks || state == .ended else { return [] }
    recording = nil
    return [.announce(.recordingStopped(state == .ended ? .callEnded : .engineReplaced, detail: ""))]
  }

  /// The devices that the call begins with are no news, but where they are not those that were asked for.
  mutating func uses(_ use: AudioUse) -> [Effect] {
    guard engineSpeaks, state != .ended, use != AudioUse(), use != audio else { return [] }
    let isNews = audio != nil || !use.fallback.isEmpty
    audio = use
    return isNews ? [.announce(.audioChanged(use))] : []
  }

  var contradictionOfSound: String? {
    guard let recording else { return nil }
    if !engineSpeaks || state == .ended { return "it is recorded without an engine" }
    return recording.hasPrefix("/") && !recording.utf8.contains(0) ? nil : "what it is recorded to is no file"
  }
}

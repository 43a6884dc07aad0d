// SPDX-License-Identifier: Apache-2.0
import CallModel

// MARK: - Recordings and sound devices

extension SessionLife {
  /// The engine that wrote the recording is gone, and the next one is to go on with it.
  public var isRecordingHandedOn: Bool { handsRecordingOn == true }

  mutating func recorded(_ report: EngineReport) -> [Effect] {
    let isHandedOn = isRecordingHandedOn
    // Who takes the call up has it when it is joined, or does not have it at all.
    if isHandedOn, report.recording == nil, report.state != .joined { return [] }
    handsRecordingOn = nil
    guard report.recording != recording else { return [] }
    let ended = recordingEnded(isHandedOn ? .engineReplaced : .stopped)
    recording = report.recording
    return ended + (recording.map { [.announce(.recordingStarted(file: $0))] } ?? [])
  }

  /// The engine says so before it reports the call without it.
  mutating func recordingFailed(_ detail: String) -> [Effect] { recordingEnded(.failed, detail: detail) }

  /// While it is in nobody's hands, nobody has to stop it.
  mutating func recordingGivenUp() -> [Effect] { isRecordingHandedOn ? recordingEnded(.stopped) : [] }

  /// It ends with the call, and waits for the next engine where there is to be one.
  mutating func recordingLeft() -> [Effect] {
    guard recording != nil else { return [] }
    if state == .ended { return recordingEnded(.callEnded) }
    if !engineSpeaks { handsRecordingOn = true }
    return []
  }

  private mutating func recordingEnded(_ why: RecordingEnd, detail: String = "") -> [Effect] {
    guard recording != nil else { return [] }
    (recording, handsRecordingOn) = (nil, nil)
    return [.announce(.recordingStopped(why, detail: detail))]
  }

  /// The devices that the call begins with are no news, but where they are not those that were asked for.
  mutating func uses(_ use: AudioUse) -> [Effect] {
    guard engineSpeaks, state != .ended, use != AudioUse(), use != audio else { return [] }
    let isNews = audio != nil || !use.fallback.isEmpty
    audio = use
    return isNews ? [.announce(.audioChanged(use))] : []
  }

  var contradictionOfSound: String? {
    guard let recording else { return isRecordingHandedOn ? "it hands on a recording that there is not" : nil }
    if state == .ended { return "it is recorded after its end" }
    if !engineSpeaks && !isRecordingHandedOn { return "it is recorded without an engine" }
    return recording.hasPrefix("/") && !recording.utf8.contains(0) ? nil : "what it is recorded to is no file"
  }
}

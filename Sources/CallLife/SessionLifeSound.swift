// SPDX-License-Identifier: Apache-2.0
import CallModel

// MARK: - Recordings and sound devices

extension SessionLife {
  /// The engine that wrote the recording is gone, and the next one is to continue it.
  public var isRecordingHandedOn: Bool { handsRecordingOn == true }

  mutating func recorded(_ report: EngineReport) -> [Effect] {
    let isHandedOn = isRecordingHandedOn
    // An engine that takes up the call has the recording when the call is joined, or not at all.
    if isHandedOn, report.recording == nil, report.state != .joined { return [] }
    handsRecordingOn = nil
    guard report.recording != recording else { return [] }
    let ended = recordingEnded(isHandedOn ? .engineReplaced : .stopped)
    recording = report.recording
    return ended + (recording.map { [.announce(.recordingStarted(file: $0))] } ?? [])
  }

  /// The engine says so before it reports the call without it.
  mutating func recordingFailed(_ detail: String) -> [Effect] { recordingEnded(.failed, detail: detail) }

  /// While no engine has it, nobody needs to stop it.
  mutating func recordingGivenUp() -> [Effect] { isRecordingHandedOn ? recordingEnded(.stopped) : [] }

  /// It stops with the call, or waits for the next engine if there will be one.
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

  /// The first devices of a call are no event, unless they differ from those that were chosen.
  mutating func uses(_ use: AudioUse) -> [Effect] {
    guard engineSpeaks, state != .ended, use != AudioUse(), use != audio else { return [] }
    let isNews = audio != nil || !use.fallback.isEmpty
    audio = use
    return isNews ? [.announce(.audioChanged(use))] : []
  }

  var contradictionOfSound: String? {
    guard let recording else { return isRecordingHandedOn ? "it hands on a missing recording" : nil }
    if state == .ended { return "it is recorded after its end" }
    if !engineSpeaks && !isRecordingHandedOn { return "it is recorded without an engine" }
    return recording.hasPrefix("/") && !recording.utf8.contains(0) ? nil : "its recording is not a file path"
  }
}

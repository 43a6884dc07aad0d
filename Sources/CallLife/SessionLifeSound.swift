// SPDX-License-Identifier: Apache-2.0
import CallModel

// MARK: - Recordings and sound devices

extension SessionLife {
  /// The engine that wrote the recording is gone, and the next one is to continue it.
  public var isRecordingHandedOn: Bool { reported.handsRecordingOn == true }

  mutating func recorded(_ report: EngineReport) -> [Effect] {
    let isHandedOn = isRecordingHandedOn
    // An engine that takes up the call has the recording when the call is joined, or not at all.
    if isHandedOn, report.recording == nil, report.state != .joined { return [] }
    reported.handsRecordingOn = nil
    guard report.recording != reported.recording else { return [] }
    let ended = recordingEnded(isHandedOn ? .engineReplaced : .stopped)
    reported.recording = report.recording
    return ended + (reported.recording.map { [.announce(.recordingStarted(file: $0))] } ?? [])
  }

  /// The engine says so before it reports the call without it.
  mutating func recordingFailed(_ detail: String) -> [Effect] { recordingEnded(.failed, detail: detail) }

  /// While no engine has it, nobody needs to stop it.
  mutating func recordingGivenUp() -> [Effect] { isRecordingHandedOn ? recordingEnded(.stopped) : [] }

  /// It stops with the call, or waits for the next engine if there will be one.
  mutating func recordingLeft() -> [Effect] {
    guard reported.recording != nil else { return [] }
    if state == .ended { return recordingEnded(.callEnded) }
    if !engineSpeaks { reported.handsRecordingOn = true }
    return []
  }

  private mutating func recordingEnded(_ why: RecordingEnd, detail: String = "") -> [Effect] {
    guard reported.recording != nil else { return [] }
    (reported.recording, reported.handsRecordingOn) = (nil, nil)
    return [.announce(.recordingStopped(why, detail: detail))]
  }

  /// The first devices of a call are no event, unless they differ from those that were chosen.
  mutating func uses(_ use: AudioUse) -> [Effect] {
    guard engineSpeaks, state != .ended, use != AudioUse(), use != reported.audio else { return [] }
    let isNews = reported.audio != nil || !use.fallback.isEmpty
    reported.audio = use
    return isNews ? [.announce(.audioChanged(use))] : []
  }

  var contradictionOfSound: String? {
    guard let recording = reported.recording else {
      return isRecordingHandedOn ? "it hands on a missing recording" : nil
    }
    if state == .ended { return "it is recorded after its end" }
    if !engineSpeaks && !isRecordingHandedOn { return "it is recorded without an engine" }
    return recording.hasPrefix("/") && !recording.utf8.contains(0) ? nil : "its recording is not a file path"
  }
}

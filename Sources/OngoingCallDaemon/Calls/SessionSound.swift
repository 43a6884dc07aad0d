// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import EngineChannel
import Logging
import Systemd

// MARK: - Sound devices, recordings, and what an engine refuses

extension Session {
  func setAudio(_ options: [(String, BusValue)]) throws(CallRefusal) {
    let devices = try CallRefusal.ofOption { () throws(OptionProblem) in try DeviceChoice(options) }.named
    try check(can: .audio)
    guard !devices.isEmpty else { return }
    choose(audio: devices)
  }

  /// - Parameter answer: is told when the engine records, or why it does not.
  func startRecording(_ file: String, _ answer: @escaping RecordingWaiters.Answer) throws(CallRefusal) {
    guard file.hasPrefix("/"), file.utf8.count <= Limit.recordingPathBytes else {
      let shown = OptionProblem.shown(file)
      throw .invalidOption(
        "file", "it must be an absolute path of at most \(Limit.recordingPathBytes) bytes, not “\(shown)”")
    }
    try check(can: .record)
    guard life.hasJoined else { throw .notSupported("the call is not joined yet; record it once it is") }
    guard life.reported.recording == nil, !recordingWaiters.isStarting else {
      throw .engineFailed("the call \(id) is already being recorded; stop the recording first")
    }
    try recordingWaiters.checkRoom()
    try request(.startRecording(file: file))
    try recordingWaiters.wait(for: file, within: Wait.recording, answer)
  }

  /// - Parameter answer: is told when the file is whole; where there is no recording, at once.
  func stopRecording(_ answer: @escaping RecordingWaiters.Answer) throws(CallRefusal) {
    try check(can: .record)
    guard life.reported.recording != nil || recordingWaiters.isStarting else { return answer(nil) }
    if life.isRecordingHandedOn {
      // An engine that has been told to go on with it is told otherwise.
      try? request(.stopRecording)
      handle(.recordingGivenUp)
      return answer(nil)
    }
    try recordingWaiters.checkRoom()
    try request(.stopRecording)
    try recordingWaiters.wait(for: nil, within: Wait.recording, answer)
  }

  func heard(_ error: EngineError) {
    logLimited(.warning, "the engine refused “\(error.request)”: \(error.message) (\(error.code.rawValue))")
    if error.code == .failed, error.request == EngineRequest.startRecording(file: "").type {
      handle(.recordingFailed(detail: error.message))
    }
    if error.request == EngineRequest.setHeld(true).type { handle(.holdRefused(detail: error.reason)) }
    recordingWaiters.heard(error)
    // What nobody waits for any more is about a transfer that was asked for before.
    let isAnswer = requests.heard(error)
    if !isAnswer, error.request == EngineRequest.transfer(target: "").type {
      handle(.transferFailed(detail: error.reason))
    }
  }

  func heard(_ counters: MediaCounters) {
    guard counters.audio != life.reported.audio, counters.audio != AudioUse() else { return }
    handle(.uses(counters.audio))
  }

  /// What an engine that begins is to use.
  var audioSettings: [String: String] { withAudio(spec.engineSettings) }

  /// With the devices that are in use.
  func withAudio(_ settings: [String: String]) -> [String: String] {
    settings.merging(record.audio ?? [:]) { $1 }.filter { name, value in
      !value.isEmpty || ![AudioKey.microphone, AudioKey.speaker].contains(name)
    }
  }
}

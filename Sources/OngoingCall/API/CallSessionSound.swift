// SPDX-License-Identifier: Apache-2.0
internal import CallModel

extension CallSession {
  /// Why the recording of a call ended. A later daemon may have further ones.
  public struct RecordingEnd: RawRepresentable, Sendable, Hashable {
    /// Its name in the D-Bus API.
    public let rawValue: String

    /// One by its name in the D-Bus API, known or not.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// ``CallSession/stopRecording()``, or `ongoingcallctl record stop`.
    public static let stopped = RecordingEnd(rawValue: "stopped")
    /// The file could not be written to any more.
    public static let failed = RecordingEnd(rawValue: "failed")
    /// What wrote it crashed, and its successor could not go on with it; what was recorded until then is in the file.
    public static let engineReplaced = RecordingEnd(rawValue: "engine-replaced")
    /// The call ended.
    public static let callEnded = RecordingEnd(rawValue: "call-ended")
  }

  /// The sound devices that a call uses.
  public struct AudioDevices: Sendable, Hashable {
    /// By the name that `ongoingcallctl audio list` shows; "" where there is none, nil where it is not known.
    public let microphone: String?
    /// As ``microphone``.
    public let speaker: String?
    /// Whether the microphone stands in for the one that was asked for, which is not there.
    public let isMicrophoneFallback: Bool
    /// The same of the speaker.
    public let isSpeakerFallback: Bool
  }

  /// Uses other sound devices from now on, for the rest of the call. One that is not there is no error: another stands
  /// in for it until it comes, and ``SessionStatusListener/onAudioDevicesChanged(_:)`` says so.
  ///
  /// - Parameters:
  ///   - microphone: its name, as `ongoingcallctl audio list` shows it; "" is the default one, nil the one that is.
  ///   - speaker: the same.
  public func setAudio(microphone: String? = nil, speaker: String? = nil) async throws(CallsError) {
    try await ask { .setAudio(microphone: microphone, speaker: speaker, $0) }
  }

  /// Writes what is said and heard from now on to a new file, which only the user can read. Returns when that has
  /// begun. It ends by ``stopRecording()`` and with the call, or where it cannot go on:
  /// ``SessionStatusListener/onRecordingStopped(_:detail:)`` says so. Who records has to tell the others in the call; in
  /// many countries the law wants that.
  ///
  /// - Parameter file: an absolute path, whose name ends as the engine knows it: of `sip` in .wav, or in .ogg for Opus.
  ///   A file that is there already is refused.
  public func startRecording(to file: String) async throws(CallsError) {
    try await ask { .startRecording(file, $0) }
  }

  /// Ends the recording. Returns when the file is whole; where the call is not recorded, at once.
  public func stopRecording() async throws(CallsError) { try await ask { .stopRecording($0) } }
}

extension CallSession.RecordingEnd: CustomStringConvertible {
  public var description: String { rawValue }
}

extension CallSession.AudioDevices {
  /// Of the details of `audio-changed`.
  init(_ details: EventDetails) {
    self.init(
      microphone: details.microphone, speaker: details.speaker,
      isMicrophoneFallback: details.fallback.contains(.microphone),
      isSpeakerFallback: details.fallback.contains(.speaker))
  }
}

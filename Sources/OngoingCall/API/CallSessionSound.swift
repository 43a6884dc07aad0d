// SPDX-License-Identifier: Apache-2.0
internal import CallModel

extension CallSession {
  /// Why the recording of a call stopped. Later daemons may add reasons.
  public struct RecordingEnd: RawRepresentable, Sendable, Hashable {
    /// Its name in the D-Bus API.
    public let rawValue: String

    /// Creates one from its name in the D-Bus API, known or not.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// ``CallSession/stopRecording()``, or `ongoingcallctl record stop`.
    public static let stopped = RecordingEnd(rawValue: "stopped")
    /// The file could not be written any more.
    public static let failed = RecordingEnd(rawValue: "failed")
    /// The engine crashed, and the next one could not continue the file, which keeps what was recorded until then.
    public static let engineReplaced = RecordingEnd(rawValue: "engine-replaced")
    /// The call ended.
    public static let callEnded = RecordingEnd(rawValue: "call-ended")
  }

  /// The sound devices that a call uses.
  public struct AudioDevices: Sendable, Hashable {
    /// The microphone's name, as `ongoingcallctl audio list` shows it; "" if there is none, nil if unknown.
    public let microphone: String?
    /// The speaker's name, like ``microphone``.
    public let speaker: String?
    /// Whether this microphone is used because the chosen one is not connected.
    public let isMicrophoneFallback: Bool
    /// Whether this speaker is used because the chosen one is not connected.
    public let isSpeakerFallback: Bool
  }

  /// Chooses the sound devices for the rest of the call. A device that is not connected is not an error: another one is
  /// used until it is, and listeners get ``SessionStatusListener/onAudioDevicesChanged(_:)``.
  ///
  /// - Parameters:
  ///   - microphone: a name from `ongoingcallctl audio list`; "" is the default device, nil leaves it unchanged.
  ///   - speaker: the same for the speaker.
  public func setAudio(microphone: String? = nil, speaker: String? = nil) async throws(CallsError) {
    try await ask { .setAudio(microphone: microphone, speaker: speaker, $0) }
  }

  /// Records both sides of the call to a new file that only the user can read. Returns when the recording has started.
  /// It stops with ``stopRecording()``, when the call ends, or when the file can no longer be written; listeners get
  /// ``SessionStatusListener/onRecordingStopped(_:detail:)``. Tell the other people in the call: in many countries the
  /// law requires it.
  ///
  /// - Parameter file: an absolute path. Its extension must be one that the engine knows: for `sip` .wav, or .ogg for
  ///   Opus. An existing file is refused.
  public func startRecording(to file: String) async throws(CallsError) {
    try await ask { .startRecording(file, $0) }
  }

  /// Stops the recording. Returns when the file is complete; at once if the call is not being recorded.
  public func stopRecording() async throws(CallsError) { try await ask { .stopRecording($0) } }
}

extension CallSession.RecordingEnd: CustomStringConvertible {
  public var description: String { rawValue }
}

extension CallSession.AudioDevices {
  /// Of the details of `audio-changed`.
  init(_ details: EventDetails) { self.init(details.audio ?? AudioUse()) }

  init(_ use: AudioUse) {
    self.init(
      microphone: use.microphone, speaker: use.speaker, isMicrophoneFallback: use.fallback.contains(.microphone),
      isSpeakerFallback: use.fallback.contains(.speaker))
  }
}

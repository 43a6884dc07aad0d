// SPDX-License-Identifier: Apache-2.0
#if SIP
  /// What the sound tells by itself.
  public enum MediaEvent: Sendable, Equatable {
    public enum Direction: String, Sendable, Codable { case microphone, speaker }

    /// The first packet is sent.
    case started
    /// The first packet came from where it was agreed upon.
    case firstHeard
    /// ``CallMedia/identity`` is another: a successor must be given it.
    case identityChanged
    /// The device that was asked for, or the sound server, is away: the default device is used, or silence.
    case deviceLost(Direction, name: String)
    case deviceBack(Direction, name: String)
    /// ``CallMedia/sample()`` names other devices.
    case devicesChanged
    /// The recording is at its end; what was written stays.
    case recordingFailed(String)
    /// A part does not work; the call goes on without it.
    case failed(String)
  }
#endif

// SPDX-License-Identifier: Apache-2.0
#if SIP
  public import SIPDialogs

  /// Events of the sound.
  public enum MediaEvent: Sendable, Equatable {
    public enum Direction: String, Sendable, Codable { case microphone, speaker }

    /// The first packet was sent.
    case started
    /// The first packet came from the negotiated address.
    case firstHeard
    /// ``CallMedia/identity`` changed: a successor needs it.
    case identityChanged
    /// The chosen device, or the sound server, is not there: the default device is used, or silence.
    case deviceLost(Direction, name: String)
    case deviceBack(Direction, name: String)
    /// The devices in ``CallMedia/sample()`` changed.
    case devicesChanged
    /// The handshake of the plan has given these keys, which are in use now.
    case secured(HandshakeKeys)
    /// The handshake of the plan has failed: nothing is sent or received.
    case notSecured(MediaPlan.Handshake, String)
    /// The recording stopped; what was written stays.
    case recordingFailed(String)
    /// ``MediaSample/digitsSent`` has grown.
    case digitSent
    /// A part does not work; the call goes on without it.
    case failed(String)
  }
#endif

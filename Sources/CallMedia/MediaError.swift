// SPDX-License-Identifier: Apache-2.0
#if SIP
  /// Why there is no sound, or not the requested one. Nothing has changed.
  public enum MediaError: Error, Equatable, CustomStringConvertible {
    /// No two ports at the address are free.
    case noPorts(address: String, code: Int32)
    /// The file cannot be played: the problem, and what to do.
    case play(String)
    /// The file cannot be recorded to.
    case record(String)
    /// The codec is not in ``CallMedia/availableCodecs()``.
    case unknownCodec(String)
    /// The plan is not possible.
    case plan(String)
    /// There is no sound server to list devices.
    case noSoundServer

    public var description: String {
      switch self {
      case .noPorts(let address, let code):
        "cannot get two UDP ports at \(address) for sound: \(String(cString: strerror(code)))"
      case .unknownCodec(let name):
        "cannot send sound as \(name): its GStreamer element is not installed"
      case .noSoundServer:
        "no sound server answers, and there is no sound card; start PipeWire with pipewire-pulse, or "
          + "PulseAudio (systemctl --user start pipewire-pulse)"
      case .play(let text), .record(let text), .plan(let text): text
      }
    }
  }

  internal import Glibc
#endif

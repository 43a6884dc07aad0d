// SPDX-License-Identifier: Apache-2.0
#if SIP
  internal import CCallMedia
  public import SIPDialogs

  extension CallMedia {
    /// What can be sent and received here, best first, with the payload types that an offer may give them.
    ///
    /// Asks GStreamer once for a process: 7 ms, or two seconds where it never looked for its plugins on this machine.
    /// - Parameter quickly: without GStreamer, only those that need none.
    public static func availableCodecs(quickly: Bool = false) -> [Codec] {
      [
        Codec("opus", clockRate: 48000, channels: 2, payloadType: 96, parameters: "useinbandfec=1"),
        Codec("G722", clockRate: 8000, payloadType: 9),
        Codec("PCMU", clockRate: 8000, payloadType: 0),
        Codec("PCMA", clockRate: 8000, payloadType: 8),
        Codec("speex", clockRate: 16000, payloadType: 97),
        Codec("speex", clockRate: 8000, payloadType: 98),
        Codec("GSM", clockRate: 8000, payloadType: 3),
      ].filter { codec in
        codec.encoding.map { quickly ? !media_needs_plugins($0) : media_can($0) } ?? false
      }
    }

    /// Lets GStreamer look for its plugins now, as after an installation, so that no call waits for it.
    public static func warmUp() { _ = availableCodecs() }
  }
#endif

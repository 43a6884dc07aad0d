// SPDX-License-Identifier: Apache-2.0
#if SIP
  internal import CCallMedia
  public import SIPDialogs

  extension CallMedia {
    /// What can be sent and received here, best first, with the payload types that an offer may give them.
    public static func availableCodecs() -> [Codec] {
      CodecTable.available { codec in codec.encoding.map { media_can($0) } ?? false }
    }

    /// Keeps a process with many threads, as GStreamer's are, small. To be called first of all.
    public static func saveMemory() { media_save_memory() }

    /// Lets GStreamer look for its plugins now, as after an installation, so that no call waits for it.
    public static func warmUp() { media_warm_up() }
  }
#endif

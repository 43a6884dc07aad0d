// SPDX-License-Identifier: Apache-2.0
#if SIP
  internal import CCallMedia
  public import SIPDialogs

  extension CallMedia {
    /// The codecs that can be sent and received, best first, with the payload types to offer.
    public static func availableCodecs() -> [Codec] {
      CodecTable.available { codec in codec.encoding.map { media_can($0) } ?? false }
    }

    /// Limits the memory of a process with many threads, such as GStreamer's. Call this first.
    public static func saveMemory() { media_save_memory() }

    /// Lets GStreamer find its plugins now, for example after an installation, so that no call waits for it.
    public static func warmUp() { media_warm_up() }
  }
#endif

// SPDX-License-Identifier: Apache-2.0
#if SIP
  import Glibc

  /// What GStreamer remembers of its plugins: of the few that a call uses, and not of a whole desktop's. To look at all of
  /// them takes two seconds, and to keep what they are in memory takes 2.5 MB.
  enum PluginRegistry {
    /// `fakesink`, `audiotestsrc`, devices, the echo's canceller, and the codecs that are not this engine's own.
    private static let plugins = [
      "coreelements", "audiotestsrc", "audioconvert", "audioresample", "pulseaudio", "alsa", "webrtcdsp", "speex",
      "gsm",
    ]

    private static let file = "GST_REGISTRY"
    private static let whitelist = "GST_PLUGIN_LOADING_WHITELIST"

    /// To be called before anything of GStreamer is. The registry that all programs share must not hear of the choice:
    /// without a place for one of its own, there is none.
    static func choose() {
      guard getenv(file) == nil, getenv(whitelist) == nil, let folder = getenv("XDG_RUNTIME_DIR"), folder.pointee != 0
      else { return }
      setenv(file, "\(String(cString: folder))/ongoingcall-gstreamer.bin", 1)
      setenv(whitelist, plugins.joined(separator: ","), 1)
    }
  }
#endif

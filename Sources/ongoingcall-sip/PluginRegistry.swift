// SPDX-License-Identifier: Apache-2.0
#if SIP
  import Glibc

  /// Limits GStreamer's plugin registry to the few plugins that a call uses, instead of those of a whole desktop.
  /// Scanning all of them takes two seconds, and keeping their data takes 2.5 MB of memory.
  enum PluginRegistry {
    /// `fakesink`, `audiotestsrc`, devices, echo cancellation, and the codecs that this engine does not implement
    /// itself.
    private static let plugins = [
      "coreelements", "audiotestsrc", "audioconvert", "audioresample", "pulseaudio", "alsa", "webrtcdsp", "speex",
      "gsm",
    ]

    private static let file = "GST_REGISTRY"
    private static let whitelist = "GST_PLUGIN_LOADING_WHITELIST"

    /// Call this before anything else of GStreamer. The registry that all programs share must not be affected: without
    /// a place for its own registry, the engine uses none.
    static func choose() {
      guard getenv(file) == nil, getenv(whitelist) == nil, let folder = getenv("XDG_RUNTIME_DIR"), folder.pointee != 0
      else { return }
      setenv(file, "\(String(cString: folder))/ongoingcall-gstreamer.bin", 1)
      setenv(whitelist, plugins.joined(separator: ","), 1)
    }
  }
#endif

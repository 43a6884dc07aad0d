// SPDX-License-Identifier: Apache-2.0
#if SIP
  import Glibc

  /// Where GStreamer keeps what it has found out of its plugins. Without it, it looks at all of them, for two seconds.
  enum PluginRegistry {
    /// Where there is none of the user's own, which all programs share, one is made that a home need not be writable for.
    /// To be called before anything of GStreamer is.
    static func choose() {
      guard getenv(variable) == nil, access(path, R_OK) != 0, let folder = value("XDG_RUNTIME_DIR") else { return }
      setenv(variable, "\(folder)/ongoingcall-gstreamer.bin", 1)
    }

    private static let variable = "GST_REGISTRY"

    private static var path: String {
      if let chosen = value(variable) { return chosen }
      let cache = value("XDG_CACHE_HOME") ?? (value("HOME") ?? "") + "/.cache"
      return "\(cache)/gstreamer-1.0/registry.\(machine).bin"
    }

    private static var machine: String {
      var names = utsname()
      uname(&names)
      return withUnsafeBytes(of: &names.machine) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
    }

    private static func value(_ name: String) -> String? {
      getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }
  }
#endif

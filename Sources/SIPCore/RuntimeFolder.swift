// SPDX-License-Identifier: GPL-3.0-or-later
#if SIP
  internal import Glibc

  /// The folder for what a SIP program writes while it runs: liblinphone's own files, and sound it makes itself.
  ///
  /// It is a fresh folder of mode 0700 in `$RUNTIME_DIRECTORY`, else in `$XDG_RUNTIME_DIR`, else in `/tmp`.
  package struct RuntimeFolder {
    package let path: String

    package enum CannotCreate: Error, CustomStringConvertible {
      case folder(at: String, Int32)

      package var description: String {
        switch self {
        case .folder(let path, let code):
          "cannot create the runtime folder \(path): \(String(cString: strerror(code))); "
            + "set RUNTIME_DIRECTORY or XDG_RUNTIME_DIR to a folder that can be written"
        }
      }
    }

    package init() throws(CannotCreate) {
      let candidates = ["RUNTIME_DIRECTORY", "XDG_RUNTIME_DIR"].compactMap(Self.folder(in:)) + ["/tmp"]
      var refused = CannotCreate.folder(at: "/tmp", ENOENT)
      for base in candidates {
        var template = Array("\(base)/sip-XXXXXX".utf8CString)
        if mkdtemp(&template) != nil {
          path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
          return
        }
        refused = .folder(at: base, errno)
      }
      throw refused
    }

    /// Removes the folder and everything in it.
    package func remove() { Self.remove(path) }

    /// The first of the colon-separated absolute paths in an environment variable.
    private static func folder(in variable: String) -> String? {
      guard let value = getenv(variable) else { return nil }
      let path = String(cString: value).prefix { $0 != ":" }
      return path.hasPrefix("/") ? String(path) : nil
    }

    private static func remove(_ path: String) {
      if let directory = opendir(path) {
        while let entry = readdir(directory) {
          let name = withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
          }
          guard name != ".", name != ".." else { continue }
          let child = "\(path)/\(name)"
          if entry.pointee.d_type == DT_DIR { remove(child) } else { unlink(child) }
        }
        closedir(directory)
      }
      rmdir(path)
    }
  }
#endif

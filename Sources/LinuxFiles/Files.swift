// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// Files and folders, by their paths.
public enum Files {
  /// The contents, or nil where there is no such file or it is larger than `limit`.
  public static func read(_ path: String, limit: Int) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    return Descriptor.contents(of: descriptor, limit: limit)
  }

  /// The names in a folder, sorted, of at most `limit`; empty where there is none.
  public static func names(in path: String, limit: Int = .max) -> [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while names.count < limit, let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  public static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  public static func isDirectory(_ path: String) -> Bool { FileKind(path) == .folder }

  /// Whether it is a file that may be run.
  public static func isExecutable(_ path: String) -> Bool { isRegular(path) && access(path, X_OK) == 0 }

  public static func isRegular(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && FileKind(status.st_mode) == nil
  }

  /// The bytes of a regular file that may be read; nil where it is none.
  public static func size(ofReadable path: String) -> Int? {
    var status = stat()
    guard stat(path, &status) == 0, FileKind(status.st_mode) == nil, access(path, R_OK) == 0 else { return nil }
    return Int(status.st_size)
  }
}

// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// A list of folders in which programs are looked for, as in `$PATH`.
public enum SearchPath {
  /// The system's own, for who has none.
  public static let standard = "/usr/local/bin:/usr/bin:/bin"

  /// The absolute paths that the program `name` may have, in their order.
  ///
  /// - Parameter currentDirectory: where relative folders are, and the empty one, which is the current directory; nil
  ///   leaves them out, since they would mean another place in another directory.
  public static func candidates(for name: String, in path: String, currentDirectory: String? = nil) -> [String] {
    path.split(separator: ":", omittingEmptySubsequences: false).compactMap { folder -> String? in
      if folder.hasPrefix("/") { return "\(folder)/\(name)" }
      return currentDirectory.map { absolute(folder.isEmpty ? name : "\(folder)/\(name)", in: $0) }
    }
  }

  /// The absolute path of what is named from a folder.
  public static func absolute(_ path: some StringProtocol, in folder: String) -> String {
    path.hasPrefix("/") ? String(path) : folder + (folder.hasSuffix("/") ? "" : "/") + path
  }

  /// Where a program for users is that was installed together with this one (PREFIX/bin and PREFIX/libexec).
  public static func besideThisProgram(_ name: String) -> String? {
    guard let folder = folderOfThisProgram else { return nil }
    return folder.split(separator: "/").dropLast().map { "/\($0)" }.joined() + "/bin/\(name)"
  }

  /// The folder that this program is in; nil where there is no /proc.
  public static var folderOfThisProgram: String? {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let length = readlink("/proc/self/exe", &buffer, buffer.count)
    guard length > 0 else { return nil }
    let own = String(decoding: buffer[..<length].map(UInt8.init(bitPattern:)), as: UTF8.self)
    return own.lastIndex(of: "/").map { String(own[..<$0]) }
  }
}

extension Files {
  /// The absolute path of a program: of `name` itself, or in one of the folders of `path`.
  public static func program(_ name: String, path: String) -> String? {
    if name.contains("/") { return name.hasPrefix("/") && isExecutable(name) ? name : nil }
    return SearchPath.candidates(for: name, in: path).first(where: isExecutable)
  }
}

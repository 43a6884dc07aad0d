// SPDX-License-Identifier: Apache-2.0
import CallLife
import Glibc

/// The file of a program's name.
enum ProgramFile {
  /// Returns the absolute path for `name`, which is either absolute already, or looked up in `path`, a list like PATH.
  ///
  /// Relative folders in the list are ignored, because they would name another place in another working directory.
  static func find(_ name: String, in path: String) throws(ProgramFailure) -> String {
    if name.hasPrefix("/") { return name }
    guard !name.isEmpty, !name.contains("/") else {
      throw ProgramFailure(
        .refused, "“\(name)” is neither an absolute path nor the name of a program; give an absolute path")
    }
    var forbidden: String?
    for folder in path.split(separator: ":") where folder.hasPrefix("/") {
      let file = "\(folder)/\(name)"
      guard isFile(file) else { continue }
      if access(file, X_OK) == 0 { return file }
      forbidden = forbidden ?? file
    }
    // Running it tells why it cannot run.
    if let forbidden { return forbidden }
    throw ProgramFailure(.notFound, "there is no program “\(name)” in PATH (\(path))")
  }

  /// Why execve(2) failed with `error` for `path`.
  static func failure(_ path: String, _ error: Int32) -> ProgramFailure {
    let reason = ProgramFailure.reason(of: error)
    let text =
      switch error {
      case EACCES where isFolder(path): "it is a directory"
      case ENOENT where isFile(path): "its interpreter is missing"
      case ENOEXEC: "it is neither a program for this machine nor a script with a #! line"
      default: errorText(error)
      }
    return ProgramFailure(reason, "cannot run “\(path)”: \(text)")
  }

  private static func isFile(_ path: String) -> Bool { kind(path) == S_IFREG }
  private static func isFolder(_ path: String) -> Bool { kind(path) == S_IFDIR }

  private static func kind(_ path: String) -> mode_t? {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mode & S_IFMT : nil
  }
}

// SPDX-License-Identifier: Apache-2.0
import CallModel
import Glibc

/// The file that a program's name means.
enum ProgramFile {
  /// The absolute path for `name`, which is one already, or is looked up in `path`, a list as in PATH.
  ///
  /// Relative folders in the list are left out: they would mean another place in another working directory.
  static func find(_ name: String, in path: String) throws(ProgramFailure) -> String {
    if name.hasPrefix("/") { return name }
    guard !name.isEmpty, !name.contains("/") else {
      throw ProgramFailure(
        .refused, "“\(name)” is neither an absolute path nor the name of a program; write the whole path")
    }
    var forbidden: String?
    for folder in path.split(separator: ":") where folder.hasPrefix("/") {
      let file = "\(folder)/\(name)"
      guard isFile(file) else { continue }
      if access(file, X_OK) == 0 { return file }
      forbidden = forbidden ?? file
    }
    // Running it says why not.
    if let forbidden { return forbidden }
    throw ProgramFailure(.notFound, "there is no program “\(name)” in PATH (\(path))")
  }

  /// Why `path` did not run, where execve(2) gave `error`.
  static func failure(_ path: String, _ error: Int32) -> ProgramFailure {
    let reason = ProgramFailure.reason(of: error)
    let text =
      switch error {
      case EACCES where isFolder(path): "it is a directory"
      case ENOENT where isFile(path): "the interpreter that its first line or its header names is missing"
      case ENOEXEC: "it is neither a program for this machine nor a script that begins with #!"
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

// SPDX-License-Identifier: Apache-2.0
import CallModel
import Glibc
import LinuxFiles

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
    for file in SearchPath.candidates(for: name, in: path) where Files.isRegular(file) {
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
      case EACCES where Files.isDirectory(path): "it is a directory"
      case ENOENT where Files.isRegular(path): "its interpreter is missing"
      case ENOEXEC: "it is neither a program for this machine nor a script with a #! line"
      default: errorText(error)
      }
    return ProgramFailure(reason, "cannot run “\(path)”: \(text)")
  }
}

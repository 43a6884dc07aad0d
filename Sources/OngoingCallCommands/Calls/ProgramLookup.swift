// SPDX-License-Identifier: Apache-2.0
import Glibc
import LinuxFiles

/// Finds the program of a command where the caller's shell would find it, before anything is started.
enum ProgramLookup {
  /// - Parameters:
  ///   - name: a path, or a name to look up in `path`, whose empty elements are the current directory.
  ///   - path: as in `$PATH`; nil is the system's default.
  /// - Returns: an absolute path that names an executable file. Symbolic links are kept: programs look at their names.
  static func find(_ name: String, path: String?, currentDirectory: String) throws(CommandFailure) -> String {
    guard !name.isEmpty else { throw .usage("the name of the program is empty") }
    if name.contains("/") {
      let whole = absolute(name, in: currentDirectory)
      if let problem = problem(with: whole) {
        throw .usage("cannot run “\(name)”: \(problem)", remedy: advice(for: name))
      }
      return whole
    }
    var found: (path: String, problem: String)?
    let places = SearchPath.candidates(for: name, in: path ?? SearchPath.standard, currentDirectory: currentDirectory)
    for whole in places {
      guard let problem = problem(with: whole) else { return whole }
      if found == nil, Files.exists(whole) { found = (whole, problem) }
    }
    if let found { throw .usage("cannot run “\(found.path)”: \(found.problem)") }
    throw .usage("there is no program “\(name)” in PATH", remedy: advice(for: name))
  }

  static func absolute(_ path: String, in currentDirectory: String) -> String {
    SearchPath.absolute(path, in: currentDirectory)
  }

  private static func advice(for name: String) -> String {
    name.hasPrefix("sip:") || name.hasPrefix("sips:")
      ? "an address goes without “--”" : "check the name, or give a path"
  }

  /// Why it cannot be run, or nil.
  static func problem(with path: String) -> String? {
    var status = stat()
    guard stat(path, &status) == 0 else { return String(cString: strerror(errno)) }
    guard status.st_mode & S_IFMT != S_IFDIR else { return "it is a directory" }
    guard status.st_mode & S_IFMT == S_IFREG else { return "it is not a regular file" }
    return access(path, X_OK) == 0 ? nil : "it is not executable (make it so with chmod +x)"
  }
}

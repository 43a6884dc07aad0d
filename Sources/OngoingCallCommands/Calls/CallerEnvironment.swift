// SPDX-License-Identifier: Apache-2.0
import Glibc

/// What of this process's surroundings goes along with a command.
enum CallerEnvironment {
  /// Where to look for programs, what the terminal can do, and the language; everything else a command has from the
  /// user's systemd manager, unless `--setenv` says otherwise.
  private static let passed = [
    "PATH", "TERM", "COLORTERM", "LANG", "LANGUAGE", "LC_ALL", "LC_ADDRESS", "LC_COLLATE", "LC_CTYPE",
    "LC_IDENTIFICATION", "LC_MEASUREMENT", "LC_MESSAGES", "LC_MONETARY", "LC_NAME", "LC_NUMERIC", "LC_PAPER",
    "LC_TELEPHONE", "LC_TIME",
  ]

  /// The value of a variable, or nil where it is not set, or is not UTF-8, which D-Bus cannot carry.
  static func value(of name: String) -> String? { getenv(name).flatMap { String(validatingCString: $0) } }

  static func currentDirectory() throws(CommandFailure) -> String {
    guard let raw = getcwd(nil, 0) else {
      throw .usage(
        "cannot find the current directory: \(String(cString: strerror(errno)))",
        remedy: "change to another directory")
    }
    defer { free(raw) }
    guard let path = String(validatingCString: raw) else {
      throw .usage("the path of the current directory is not UTF-8", remedy: "change to another directory")
    }
    return path
  }

  /// `NAME=VALUE` for a command. Of two settings of a name the later counts.
  ///
  /// - Parameter settings: `NAME=VALUE`, or `NAME` for the caller's value, if it has one (as systemd-run does).
  static func environment(adding settings: [String]) throws(CommandFailure) -> [String] {
    var names = passed
    var values = passed.reduce(into: [String: String]()) { $0[$1] = value(of: $1) }
    for setting in settings {
      let name = String(setting.prefix { $0 != "=" })
      guard isName(name) else {
        throw .usage(
          "--setenv “\(shown(setting, limit: 80))”: “\(shown(name, limit: 80))” is not a variable name",
          remedy: "write NAME=VALUE, or NAME to pass on its current value")
      }
      if name == setting {
        guard getenv(name) == nil || value(of: name) != nil else {
          throw .usage("--setenv “\(name)”: its value is not UTF-8, and D-Bus carries only UTF-8")
        }
        values[name] = value(of: name)
      } else {
        values[name] = String(setting.dropFirst(name.count + 1))
      }
      if !names.contains(name) { names.append(name) }
    }
    return names.compactMap { name in values[name].map { "\(name)=\($0)" } }
  }

  private static func isName(_ text: String) -> Bool {
    guard let first = text.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
      return false
    }
    return text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
  }
}

// SPDX-License-Identifier: Apache-2.0
import OngoingCallTestSupport

/// A file of the project, line by line.
struct SourceFile {
  let lines: [String]

  init(_ path: String) throws {
    lines = try ProjectFiles.text(path).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  /// The only source file of this name, in whichever folder it is.
  init(named name: String) throws {
    let found = ProjectFiles.names(in: "Sources", endingIn: ["/\(name)"])
    guard found.count == 1 else { throw ProjectFiles.NotReadable(path: name) }
    try self.init(found[0])
  }

  /// The string constants of an enum of names: `public static let name = "value"`.
  func values(in name: String) -> Set<String> { Set(constants(in: name)) }

  /// The same, in their order and with those that there are twice.
  func constants(in name: String) -> [String] {
    let body = lines.drop { $0 != "public enum \(name) {" }.prefix { $0 != "}" }
    return body.compactMap { line in
      guard line.hasPrefix("  public static let ") else { return nil }
      let parts = line.split(separator: "\"", omittingEmptySubsequences: false)
      return parts.count == 3 ? String(parts[1]) : nil
    }
  }
}

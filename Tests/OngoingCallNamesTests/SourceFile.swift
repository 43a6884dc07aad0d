// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A file of the project, found from where this one is.
struct SourceFile {
  struct NotReadable: Error { let path: String }

  let lines: [String]

  private static func whole(_ path: String, _ here: String) -> String {
    let root = here.split(separator: "/").dropLast(3).joined(separator: "/")
    return "/\(root)/\(path)"
  }

  /// The paths of the files in a folder of the project.
  static func names(in folder: String, here: String = #filePath) -> [String] {
    guard let stream = opendir(whole(folder, here)) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if [".swift", ".c", ".h"].contains(where: name.hasSuffix) { names.append("\(folder)/\(name)") }
    }
    return names.sorted()
  }

  init(_ path: String, here: String = #filePath) throws {
    let whole = Self.whole(path, here)
    guard let file = fopen(whole, "r") else { throw NotReadable(path: whole) }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
    lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
      .map(String.init)
  }

  /// The string constants of an enum of names: `public static let name = "value"`.
  func values(in name: String) -> Set<String> {
    let body = lines.drop { $0 != "public enum \(name) {" }.prefix { $0 != "}" }
    return Set(
      body.compactMap { line in
        guard line.hasPrefix("  public static let ") else { return nil }
        let parts = line.split(separator: "\"", omittingEmptySubsequences: false)
        return parts.count == 3 ? String(parts[1]) : nil
      })
  }

  /// The names of an XML file's elements of one kind inside of one interface.
  func names(of element: String, in interface: String) -> Set<String> {
    let body = lines.drop { !$0.contains("<interface name=\"\(interface)\">") }.prefix { !$0.contains("</interface>") }
    return Set(
      body.compactMap { line in
        guard let start = line.firstRange(of: "<\(element) name=\"") else { return nil }
        return String(line[start.upperBound...].prefix { $0 != "\"" })
      })
  }
}

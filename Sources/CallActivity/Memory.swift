// SPDX-License-Identifier: Apache-2.0
import Glibc

/// What the application knows of its call when it is started again: the token, and how far it has heard. In a file.
final class Memory {
  let token: String
  private(set) var sequence: UInt64?
  private let path: String

  init(at path: String) {
    self.path = path
    let words = Self.contents(of: path).split(whereSeparator: \.isWhitespace)
    token = words.first.map(String.init) ?? "call-activity-\(UInt64.random(in: .min ... .max))"
    sequence = words.dropFirst().first.flatMap { UInt64($0) }
    save()
  }

  /// All events up to this one have been heard.
  func remember(_ sequence: UInt64) {
    self.sequence = sequence
    save()
  }

  /// The next call is another one.
  func forget() { unlink(path) }

  private func save() {
    let text = "\(token) \(sequence.map(String.init) ?? "")\n"
    // Written as a whole or not at all.
    let new = path + ".new"
    let file = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard file >= 0 else { return say("\(new): \(String(cString: strerror(errno)))") }
    let written = write(file, text, text.utf8.count)
    close(file)
    guard written == text.utf8.count, rename(new, path) == 0 else {
      return say("\(path): \(String(cString: strerror(errno)))")
    }
  }

  private static func contents(of path: String) -> String {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return "" }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = read(file, &bytes, bytes.count)
    return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
  }
}

/// A line at once, also where the output is no terminal.
func say(_ line: String) {
  let line = line + "\n"
  _ = write(STDOUT_FILENO, line, line.utf8.count)
}

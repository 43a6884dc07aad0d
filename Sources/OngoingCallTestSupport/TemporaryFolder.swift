// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import LinuxFiles

/// A folder of a test's own; it and all that is in it are gone with this object.
package final class TemporaryFolder: Sendable {
  package let path: String

  package init() {
    var template = Array("/tmp/ongoingcall-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { fatalError("mkdtemp: \(String(cString: strerror(errno)))") }
    path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  deinit { Self.remove(path) }

  /// Links are removed, not followed.
  private static func remove(_ path: String) {
    guard unlink(path) != 0 else { return }
    for name in Files.names(in: path) { remove("\(path)/\(name)") }
    rmdir(path)
  }

  /// The path of something in it.
  package subscript(_ name: String) -> String { "\(path)/\(name)" }

  @discardableResult
  package func makeFolder(_ name: String) -> String {
    precondition(mkdir(self[name], 0o700) == 0, "mkdir \(name): \(String(cString: strerror(errno)))")
    return self[name]
  }

  @discardableResult
  package func write(_ contents: some Sequence<UInt8>, to name: String, mode: UInt32 = 0o600) -> String {
    let file = open(self[name], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
    precondition(file >= 0, "open \(name): \(String(cString: strerror(errno)))")
    defer { close(file) }
    let bytes = Array(contents)
    precondition(Glibc.write(file, bytes, bytes.count) == bytes.count, "write \(name)")
    return self[name]
  }

  @discardableResult
  package func write(_ text: String, to name: String, mode: UInt32 = 0o600) -> String {
    write(text.utf8, to: name, mode: mode)
  }
}

// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

/// An engine's end of a real channel.
final class EngineEnd: Sendable {
  let descriptor: Int32

  init(_ descriptor: Int32) { self.descriptor = descriptor }

  /// The daemon's end, which goes to whoever takes it over, and the engine's.
  static func pair() -> (daemon: Int32, engine: EngineEnd) {
    var ends: [Int32] = [-1, -1]
    let made = socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends)
    precondition(made == 0, "socketpair: \(String(cString: strerror(errno)))")
    return (ends[0], EngineEnd(ends[1]))
  }

  /// Writes it all, on a thread that may block.
  func say(_ bytes: [UInt8]) async {
    await Task.detached { [descriptor] in
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        // The daemon may have closed its end in the middle.
        guard count > 0 else { return }
        rest = rest.dropFirst(count)
      }
    }.value
  }

  func say(_ text: String) async { await say(Array(text.utf8)) }

  /// The next `count` lines, or fewer where the daemon closes its end before.
  func hear(_ count: Int) async -> [String] {
    await Task.detached { [descriptor] in
      var bytes: [UInt8] = []
      var lines = 0
      var byte: UInt8 = 0
      while lines < count, read(descriptor, &byte, 1) == 1 {
        bytes.append(byte)
        if byte == UInt8(ascii: "\n") { lines += 1 }
      }
      return String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        .prefix(lines).map(String.init)
    }.value
  }

  func leave() { close(descriptor) }
}

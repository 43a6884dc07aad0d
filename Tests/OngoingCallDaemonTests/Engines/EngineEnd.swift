// SPDX-License-Identifier: Apache-2.0
import Glibc
import OngoingCallTestSupport
import Systemd
import Testing

/// An engine's end of a real channel, on the event loop as everything else. It reads nothing until a test listens.
@EventLoopActor
final class EngineEnd {
  let descriptor: Int32
  private var isOpen = true
  private var source: EventSource?
  private var pending: [UInt8] = []
  /// nil is the end of the channel.
  private let lines = Mailbox<String?>()

  init(_ descriptor: Int32) { self.descriptor = descriptor }

  isolated deinit { leave() }

  /// The daemon's end, which goes to whoever takes it over, and the engine's.
  static func pair() -> (daemon: Int32, engine: EngineEnd) {
    var ends: [Int32] = [-1, -1]
    let made = socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends)
    precondition(made == 0, "socketpair: \(String(cString: strerror(errno)))")
    return (ends[0], EngineEnd(ends[1]))
  }

  /// Says it all, or as much as the daemon takes before it closes its end.
  func say(_ bytes: [UInt8]) async {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
      }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else {
        guard errno == EAGAIN, await canWrite() else { return }
      }
    }
  }

  func say(_ text: String) async { await say(Array(text.utf8)) }

  /// The next `count` lines, or fewer where the daemon closes its end or says no more.
  func hear(_ count: Int) async -> [String] {
    if source == nil, isOpen {
      source = try? EventSource.descriptor(descriptor, .readable) { [weak self] _ in self?.read() }
    }
    var heard: [String] = []
    while heard.count < count, let line = await lines.next() {
      guard let line else {
        lines.put(nil)
        break
      }
      heard.append(line)
    }
    return heard
  }

  func leave() {
    guard isOpen else { return }
    isOpen = false
    source?.cancel()
    close(descriptor)
  }

  private func read() {
    var buffer = [UInt8](repeating: 0, count: 64 * 1024)
    let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
    guard count > 0 else {
      if count == 0 || errno != EAGAIN {
        source?.cancel()
        lines.put(nil)
      }
      return
    }
    for byte in buffer[..<count] {
      guard byte == UInt8(ascii: "\n") else {
        pending.append(byte)
        continue
      }
      lines.put(String(decoding: pending, as: UTF8.self))
      pending.removeAll()
    }
  }

  private func canWrite() async -> Bool {
    // A descriptor is watched once only, and this one may be for reading.
    let writer = dup(descriptor)
    defer { close(writer) }
    let ready = Mailbox<Void>()
    guard let source = try? EventSource.descriptor(writer, .writable, { _ in ready.put(()) }) else { return false }
    defer { source.cancel() }
    return await ready.next() != nil
  }
}

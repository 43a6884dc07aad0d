// SPDX-License-Identifier: Apache-2.0
import EngineChannel
import Glibc
import LinuxFiles
import Systemd

/// The daemon's end of an engine's channel. It never blocks, and its buffer is bounded.
@EventLoopActor
final class EngineConnection {
  enum Received {
    case message(EngineMessage)
    /// The channel is unusable; nothing follows.
    case lost(String)
  }

  private let descriptor: Int32
  private var source: EventSource?
  private var framer = LineFramer()
  private var backlog: [UInt8] = []
  /// A daemon that takes over a channel may start reading in the middle of a line.
  private var mayBeginInside: Bool
  private var rateLimit = EngineRateLimit()
  private let handler: @EventLoopActor (Received) -> Void

  /// Takes ownership of `descriptor`.
  ///
  /// - Parameter takenOver: whether an earlier daemon has used the channel.
  init(
    _ descriptor: Int32, takenOver: Bool, _ handler: @escaping @EventLoopActor (Received) -> Void
  ) throws(SystemError) {
    self.descriptor = descriptor
    self.handler = handler
    mayBeginInside = takenOver
    // End a line that the earlier daemon may have left half written.
    if takenOver { backlog = [UInt8(ascii: "\n")] }
    try SystemError.checkCall(
      Descriptor.makeNonBlocking(descriptor), "use an engine's channel")
    source = try EventSource.descriptor(descriptor, .readable) { [weak self] readiness in self?.ready(readiness) }
  }

  deinit {
    EventLoopActor.assumeIsolated {
      stopWatching()
      close(descriptor)
    }
  }

  /// Do this before closing the descriptor: the fd store has it open too, so closing alone leaves it watched.
  private func stopWatching() {
    source?.cancel()
    source = nil
  }

  func send(_ request: EngineRequest) { send([request]) }

  /// Sends requests in one piece, so that an engine that exits after the first one has read the others, too.
  func send(_ requests: [EngineRequest]) {
    let line = requests.flatMap { (try? $0.encoded()) ?? [] }
    guard source != nil, !line.isEmpty else { return }
    guard backlog.count + line.count <= Limit.channelBacklogBytes else {
      return lose("the engine does not read its requests")
    }
    backlog += line
    for _ in requests { rateLimit.ask() }
    flush()
  }

  /// Whether there is room for requests of clients. Without room they are not sent, so that clients cannot overfill the
  /// buffer.
  var hasRoom: Bool { backlog.count < Limit.requestedBacklogBytes }

  /// Sends a request with a descriptor, which the caller keeps. Such a line does not wait in the buffer: if the engine
  /// has not read earlier requests, it is not sent, and this returns false.
  func send(_ request: EngineRequest, passing passed: Int32) -> Bool {
    guard source != nil, backlog.isEmpty, let rest = request.send(on: descriptor, passing: passed) else { return false }
    rateLimit.ask()
    backlog = Array(rest)
    flush()
    return true
  }

  /// Reads everything that is left in a channel whose other end is gone; a socket holds only so much.
  func drain() { while source != nil, read() {} }

  private func ready(_ readiness: EventSource.Readiness) {
    if readiness.contains(.writable) { flush() }
    if !readiness.isDisjoint(with: [.readable, .hungUp, .error]) { _ = read() }
  }

  private func flush() {
    while !backlog.isEmpty {
      let count = retryOnInterrupt {
        backlog.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      }
      // Reading detects a broken channel, after the engine's last messages.
      guard count > 0 else { break }
      backlog.removeFirst(count)
    }
    source?.watch(for: backlog.isEmpty ? .readable : [.readable, .writable])
  }

  /// Reads once, so that an engine that writes without pause does not block the loop. Returns whether there was
  /// anything.
  private func read() -> Bool {
    var buffer = [UInt8](repeating: 0, count: 16 * 1024)
    let count = retryOnInterrupt { Glibc.read(descriptor, &buffer, buffer.count) }
    if count < 0 && errno == EAGAIN { return false }
    guard count > 0 else {
      lose("the engine closed its channel")
      return false
    }
    take(buffer[..<count])
    return true
  }

  private func take(_ bytes: ArraySlice<UInt8>) {
    guard rateLimit.take(bytes: bytes.count) else { return lose("the engine sends too much") }
    do throws(EngineProtocolError) {
      for line in try framer.lines(of: bytes) where source != nil {
        let first = mayBeginInside
        mayBeginInside = false
        guard rateLimit.take(messages: 1) else { return lose("the engine sends too much") }
        do throws(EngineProtocolError) {
          handler(.message(try EngineMessage(line: line)))
        } catch  where first {
          continue
        }
      }
    } catch {
      lose("the engine broke the protocol: \(error)")
    }
  }

  private func lose(_ detail: String) {
    guard source != nil else { return }
    stopWatching()
    handler(.lost(detail))
  }
}

// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
internal import LinuxFiles

/// A descriptor that came along with a line. Closed with the object, unless somebody takes it.
final class PassedDescriptor {
  private var descriptor: Int32

  init?(_ descriptor: Int32) {
    guard descriptor >= 0 else { return nil }
    self.descriptor = descriptor
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// It is the caller's then.
  func take() -> Int32 {
    defer { descriptor = -1 }
    return descriptor
  }
}

extension EngineRequest {
  /// Begins to send a line that `descriptor` goes along with; the descriptor stays the caller's.
  ///
  /// Nothing of an earlier line may be left to be sent: the descriptor belongs to the line of the bytes it came with.
  ///
  /// - Returns: what is left of the line, to be sent before anything else; nil where nothing could be sent.
  public func send(on socket: Int32, passing descriptor: Int32) -> ArraySlice<UInt8>? {
    guard let line = try? encoded() else { return nil }
    let count = retryOnInterrupt { clinux_send(socket, line, line.count, descriptor) }
    return count > 0 ? line[count...] : nil
  }
}

// SPDX-License-Identifier: Apache-2.0
import CallModel
import Glibc
import LinuxFiles
import Systemd

/// Reads a password that a caller writes to a pipe, without waiting for the caller.
@EventLoopActor
final class PasswordReader {
  private static var count = 0

  private let descriptor: Int32
  private let kind: Descriptor.Stream
  private var bytes: [UInt8] = []
  private var source: EventSource?
  private var timer: EventSource?
  private var then: ((Result<Password, CallRefusal>) -> Void)?

  /// - Parameters:
  ///   - borrowed: the reading end; this has a duplicate of it.
  ///   - then: called once; the reader is there until then.
  static func read(
    from borrowed: Int32, then: @escaping (Result<Password, CallRefusal>) -> Void
  ) {
    guard count < Limit.passwordReaders else {
      return then(.failure(.limitReached("\(count) passwords are being set at the moment; try again")))
    }
    // A file on a disk may not answer, and nothing tells when it does.
    guard let kind = Descriptor.Stream(borrowed) else {
      return then(
        .failure(refusal(noStream)))
    }
    let descriptor = fcntl(borrowed, F_DUPFD_CLOEXEC, 0)
    guard descriptor >= 0 else { return then(.failure(.limitReached("no descriptor is left; end another call first"))) }
    // Of pipes it is of the caller's end, too, which may be read elsewhere at the same time.
    Descriptor.makeNonBlocking(descriptor)
    let reader = PasswordReader(descriptor, kind, then)
    do throws(SystemError) {
      reader.timer = try EventSource.timer(after: Wait.password) { reader.finish(.failure(refusal(late))) }
      guard !reader.take() else { return }
      reader.source = try EventSource.descriptor(descriptor, .readable) { _ in _ = reader.take() }
    } catch { reader.finish(.failure(refusal("it cannot be read: \(error)"))) }
  }

  private static let noStream =
    "it must be a pipe, a socket or a memfd (memfd_create(2)), not a file, a folder or a device; "
    + "to take it from a file: \(ToolName.control) account password ID < FILE"
  private static let late =
    "nothing more was written within \(Wait.password.components.seconds) s, and the end is missing"

  private static func refusal(_ text: String) -> CallRefusal { .invalidOption("password", text) }

  private init(
    _ descriptor: Int32, _ kind: Descriptor.Stream, _ then: @escaping (Result<Password, CallRefusal>) -> Void
  ) {
    (self.descriptor, self.kind, self.then) = (descriptor, kind, then)
    Self.count += 1
  }

  /// Reads what is there; true once there is nothing to wait for.
  private func take() -> Bool {
    var buffer = [UInt8](repeating: 0, count: Password.maximumBytes + 1)
    while true {
      let count = retryOnInterrupt { readSome(&buffer) }
      guard count >= 0 else {
        if errno == EAGAIN { return false }
        finish(.failure(Self.refusal("it cannot be read: \(String(cString: strerror(errno)))")))
        return true
      }
      bytes += buffer[..<count]
      if count == 0 || bytes.count > Password.maximumBytes || bytes.contains(UInt8(ascii: "\n")) {
        finish(result)
        return true
      }
    }
  }

  /// Of memory from its beginning: who has written it is at its end.
  private func readSome(_ buffer: inout [UInt8]) -> Int {
    kind == .memory
      ? pread(descriptor, &buffer, buffer.count, off_t(bytes.count)) : Glibc.read(descriptor, &buffer, buffer.count)
  }

  private var result: Result<Password, CallRefusal> {
    do throws(PasswordFault) { return .success(try Password(firstLine: bytes)) } catch {
      return .failure(Self.refusal("\(error)"))
    }
  }

  private func finish(_ result: Result<Password, CallRefusal>) {
    guard let then else { return }
    self.then = nil
    source?.cancel()
    (source, timer) = (nil, nil)
    close(descriptor)
    Self.count -= 1
    then(result)
  }
}

// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// What is done with a file descriptor. As in the C library, errno says why something failed.
public enum Descriptor {
  /// All that is left to be read; nil where reading fails, or there is more than `limit` (EFBIG).
  public static func contents(of descriptor: Int32, limit: Int) -> [UInt8]? {
    var contents: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16 * 1024)
    while true {
      let count = retryOnInterrupt { Glibc.read(descriptor, &buffer, buffer.count) }
      guard count >= 0 else { return nil }
      if count == 0 { return contents }
      guard contents.count + count <= limit else {
        errno = EFBIG
        return nil
      }
      contents += buffer[..<count]
    }
  }

  /// The next `count` bytes, waited for; nil where they do not come.
  public static func read(_ count: Int, from descriptor: Int32) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    var filled = 0
    while filled < count {
      let result = retryOnInterrupt {
        bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress.map { $0 + filled }, count - filled) }
      }
      guard result > 0 else { return nil }
      filled += result
    }
    return bytes
  }

  /// Writes all of `bytes`, for which it waits. Returns false where that fails.
  public static func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Bool {
    var rest = bytes
    while !rest.isEmpty {
      let count = retryOnInterrupt { rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) } }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  /// From now on nothing that is done with it waits. Returns -1 where it fails.
  @discardableResult
  public static func makeNonBlocking(_ descriptor: Int32) -> Int32 {
    fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
  }

  /// A pipe, whose ends no program gets that is started; nil where there can be none.
  public static func pipe() -> (reading: Int32, writing: Int32)? {
    var ends: [Int32] = [-1, -1]
    guard Glibc.pipe(&ends) == 0 else { return nil }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }

  /// Whether it is a local stream socket that is connected, and not one that listens.
  public static func isStreamSocket(_ descriptor: Int32) -> Bool {
    func option(_ name: Int32) -> Int32? {
      var value: Int32 = 0
      var size = socklen_t(MemoryLayout<Int32>.size)
      return getsockopt(descriptor, SOL_SOCKET, name, &value, &size) == 0 ? value : nil
    }
    return option(SO_DOMAIN) == AF_UNIX && option(SO_TYPE) == Int32(SOCK_STREAM.rawValue) && option(SO_ACCEPTCONN) == 0
  }
}

// SPDX-License-Identifier: Apache-2.0
import CSecret
import CallModel
import Glibc
import LinuxFiles

/// A password in memory that is wiped when this is gone. It is not a ``Password``, of which Swift may make copies.
final class Secret {
  /// Allocated and wiped by C.
  private let memory: UnsafeMutablePointer<csecret_password>

  init() throws(SecretFailure) {
    guard let memory = csecret_create() else { throw .failed("there is no memory") }
    self.memory = memory
  }

  deinit { csecret_destroy(memory) }

  var bytes: UnsafeMutablePointer<csecret_password> { memory }

  private static let room = Int(CSECRET_MAXIMUM) + 1

  /// What it has, and the room behind that.
  private var all: UnsafeMutableRawBufferPointer {
    // In C, it is an array; Swift has no pointer to it but by its place in the structure.
    let start = UnsafeMutableRawPointer(memory) + (MemoryLayout<csecret_password>.offset(of: \.bytes) ?? 0)
    return UnsafeMutableRawBufferPointer(start: start, count: Self.room)
  }

  /// Reads it up to the end, or a line break.
  func read(from descriptor: Int32) throws(SecretFailure) {
    var count = 0
    var isWhole = false
    while !isWhole, count < Self.room {
      let rest = UnsafeMutableRawBufferPointer(rebasing: all[count...])
      let result = retryOnInterrupt { Glibc.read(descriptor, rest.baseAddress, rest.count) }
      guard result >= 0 else {
        throw .failed("cannot read the password from standard input: \(String(cString: strerror(errno)))")
      }
      let lineBreak = rest[..<result].firstIndex(of: UInt8(ascii: "\n"))
      count += lineBreak ?? result
      isWhole = result == 0 || lineBreak != nil
    }
    memory.pointee.count = count
    try check()
  }

  /// Somebody else may have changed it.
  func check() throws(SecretFailure) {
    do throws(PasswordFault) { try Password.check(all[..<memory.pointee.count]) } catch { throw .unusable(error) }
  }

  func write(to descriptor: Int32) throws(SecretFailure) {
    var rest = UnsafeMutableRawBufferPointer(rebasing: all[..<memory.pointee.count])
    while !rest.isEmpty {
      let result = retryOnInterrupt { Glibc.write(descriptor, rest.baseAddress, rest.count) }
      guard result > 0 else { throw .output(String(cString: strerror(errno))) }
      rest = UnsafeMutableRawBufferPointer(rebasing: rest[result...])
    }
  }
}

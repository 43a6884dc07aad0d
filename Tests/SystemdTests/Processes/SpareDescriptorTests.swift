// SPDX-License-Identifier: Apache-2.0
import Glibc
import OngoingCallTestSupport
import Systemd
import Testing

@Suite(.serialized) struct SpareDescriptorTests {
  /// What a descriptor is open on; nil where it is closed.
  private static func file(_ descriptor: Int32) -> dev_t? {
    var status = stat()
    return fstat(descriptor, &status) == 0 ? status.st_rdev : nil
  }

  @Test func whatIsHeldIsLentAndTakenBack() async throws {
    try await onEventLoop {
      SpareDescriptor.hold()
      let lent = SpareDescriptor.use {
        let descriptor = open("/dev/zero", O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        return descriptor
      }
      #expect(lent >= 0)
      // The one that was free is not free any more.
      let other = open("/dev/zero", O_RDONLY | O_CLOEXEC)
      defer { close(other) }
      #expect(other != lent && Self.file(lent) != nil && Self.file(lent) != Self.file(other))
    }
  }

  @Test func aFailureGivesItBackToo() async throws {
    try await onEventLoop {
      SpareDescriptor.hold()
      var lent: Int32 = -1
      #expect(throws: SystemError("try", errno: EIO)) {
        try SpareDescriptor.use { () throws(SystemError) in
          lent = open("/dev/zero", O_RDONLY | O_CLOEXEC)
          close(lent)
          throw SystemError("try", errno: EIO)
        }
      }
      #expect(Self.file(lent) != nil)
    }
  }
}

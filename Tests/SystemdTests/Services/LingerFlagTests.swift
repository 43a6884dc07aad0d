// SPDX-License-Identifier: Apache-2.0
import Glibc
import OngoingCallTestSupport
import Testing

@testable import Systemd

@Suite struct LingerFlagTests {
  let folder = TemporaryFolder()

  @Test func itIsSetWhereThereIsAFileOfTheUsersName() {
    let flag = LingerFlag(directory: folder.path, user: "anna")
    #expect(!flag.isSet && flag.stamp == nil)
    folder.write("", to: "anne")
    #expect(!flag.isSet)
    folder.write("", to: "anna")
    #expect(flag.isSet)
    #expect(!LingerFlag(directory: folder["absent"], user: "anna").isSet)
  }

  @Test func itsStampIsWhenItWasSetLast() {
    let flag = LingerFlag(directory: folder.path, user: "anna")
    let path = folder.write("", to: "anna")
    let first = flag.stamp
    #expect(first != nil && flag.stamp == first)
    let later = [timespec(tv_sec: 5, tv_nsec: 6), timespec(tv_sec: 5, tv_nsec: 7)]
    #expect(utimensat(AT_FDCWD, path, later, 0) == 0)
    #expect(flag.stamp == LingerFlag.Stamp(seconds: 5, nanoseconds: 7))
  }

  /// As the login manager calls the file of a user of a Windows domain.
  @Test func aBackslashIsWrittenTwice() {
    folder.write("", to: #"HOME\\anna"#)
    #expect(LingerFlag(directory: folder.path, user: #"HOME\anna"#).isSet)
  }

  @Test func theOwnUserHasAName() throws {
    let entry = try #require(getpwuid(getuid()))
    #expect(UserName.own == String(cString: entry.pointee.pw_name))
  }
}

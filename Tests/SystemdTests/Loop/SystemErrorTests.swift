// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

@testable import Systemd

@Suite struct SystemErrorTests {
  @Test func saysWhatWasTriedAndWhy() {
    #expect(
      SystemError("open the user's bus", errno: ENOENT).description
        == "could not open the user's bus: No such file or directory")
  }

  @Test func aNegativeResultIsAnErrno() throws {
    #expect(try SystemError.check(0, "do it") == 0)
    #expect(try SystemError.check(17, "do it") == 17)
    #expect(throws: SystemError("do it", errno: EBUSY)) { try SystemError.check(-EBUSY, "do it") }
  }

  @Test func aFailedCallHasItsErrnoWhateverMakingTheTextDoes() throws {
    #expect(try SystemError.checkCall(3, "do it") == 3)
    #expect(throws: SystemError("do it", errno: EACCES)) {
      errno = EACCES
      try SystemError.checkCall(-1, clobbering("do it"))
    }
    func clobbering(_ text: String) -> String {
      errno = ENOMEM
      return text
    }
  }

  @Test func onTheBusItIsAFailure() {
    let error = BusError(SystemError("do it", errno: EBUSY))
    #expect(error.name == "org.freedesktop.DBus.Error.Failed")
    #expect(error.description == "could not do it: Device or resource busy (org.freedesktop.DBus.Error.Failed)")
    #expect(BusError("a.b.C", "").description == "a.b.C")
    #expect(throws: BusError(BusError.failed, "could not do it: Device or resource busy")) {
      try BusError.check(-EBUSY, "do it")
    }
  }
}

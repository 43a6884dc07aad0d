// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Systemd

@Suite struct SecurityLabelTests {
  private func finding(_ text: String) -> SecurityLabel.Finding? { SecurityLabel(Array(text.utf8))?.snap }

  @Test(arguments: [
    "snap.phone.phone (enforce)", "snap.phone.phone (enforce)\n", "snap.phone.phone (enforce)\0", "snap.phone.phone",
    "snap.phone.hook.configure (enforce)", "snap.phone.ui (kill)", "snap.phone.ui//&unconfined (mixed)",
    ":lxd:snap.phone.ui//&snap.phone.ui (enforce)", ":lxd://snap.phone.ui (enforce)",
  ])
  func theSnapIsKnownByItsProfile(_ text: String) {
    // A profile of a namespace, as a container has, may be written either way.
    #expect(finding(text) == .snap("snap.phone"))
  }

  @Test func oneOfSeveralInstancesIsAnApplicationOfItsOwn() {
    #expect(finding("snap.phone_work.ui (enforce)") == .snap("snap.phone_work"))
  }

  @Test(arguments: [
    "", "\n", "unconfined", "unconfined\0", "/usr/bin/snap.phone.ui (enforce)", "snapd (enforce)", "firefox (enforce)",
    "unconfined_u:unconfined_r:unconfined_t:s0-s0:c0.c1023", "kernel", "snap.code.code (complain)",
  ])
  func whatConfinesNoSnapIsNone(_ text: String) {
    #expect(finding(text) == SecurityLabel.Finding.none)
  }

  @Test(arguments: ["snap.", "snap.phone", "snap..ui (enforce)", "snap.Phone.ui", "snap.a.x//&snap.b.x (enforce)"])
  func whatMayBeAnySnapIsUnclear(_ text: String) {
    #expect(finding(text) == .unclear)
  }

  @Test func whatIsNoLabelIsNotTaken() {
    for bytes in [[0xFF], Array("snap.a\0b.c".utf8), Array("a\nb".utf8), Array(repeating: 120, count: 4097)] {
      #expect(SecurityLabel(bytes) == nil)
    }
  }
}

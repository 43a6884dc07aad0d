// SPDX-License-Identifier: Apache-2.0
import OngoingCallTestSupport
import Testing

@testable import OngoingCallDaemon

@Suite struct ApplicationIconTests {
  @Test func isTheFileWhereItIsInstalledForOneUser() {
    let folder = TemporaryFolder()
    let directories = [folder["nowhere"], folder.makeFolder("share"), "/usr/share"]
    #expect(ApplicationIcon.shown(in: directories) == "org.ongoingcall.OngoingCall")
    for path in ["icons", "icons/hicolor", "icons/hicolor/scalable", "icons/hicolor/scalable/apps"] {
      folder.makeFolder("share/\(path)")
    }
    let file = "share/icons/hicolor/scalable/apps/org.ongoingcall.OngoingCall.svg"
    folder.write("<svg/>", to: file)
    #expect(ApplicationIcon.shown(in: directories) == folder[file])
  }
}

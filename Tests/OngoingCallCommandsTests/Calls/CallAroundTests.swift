// SPDX-License-Identifier: Apache-2.0
import CallModel
import Testing

@testable import OngoingCallCommands

/// The call that a process is of.
struct CallAroundTests {
  private static let manager = "/user.slice/user-1000.slice/user@1000.service/app.slice"

  @Test(arguments: ["", "/payload", "/payload/deeper.scope"])
  func isThatOfTheEnginesUnit(_ below: String) {
    let unit = EngineUnit.name(engine: "command", session: "0123abcd")
    #expect(CallAround.session(inControlGroups: "0::\(Self.manager)/\(unit)\(below)\n") == "0123abcd")
  }

  @Test func isFoundBesideOtherHierarchies() {
    let unit = EngineUnit.name(engine: "command", session: "0123abcd")
    #expect(CallAround.session(inControlGroups: "1:name=systemd:/x\n0::\(Self.manager)/\(unit)\n") == "0123abcd")
  }

  @Test(arguments: [
    "", "0::/\n", "0::\(manager)/app-org.gnome.Terminal.slice/vte-spawn-1.scope\n",
    "0::\(manager)/\(ReturnUnit.name(application: "org.example.App", session: "0123abcd", number: 1))\n",
  ])
  func isNoneElsewhere(_ text: String) {
    #expect(CallAround.session(inControlGroups: text) == nil)
  }
}

// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Systemd

@Suite struct FlatpakInfoTests {
  static let usual = """
    # written by flatpak
    [Application]
    name=org.example.Phone
    runtime=runtime/org.example.Platform/x86_64/1

    [Instance]
    name=not.this.one
    instance-id=1234
    [Context]
    shared=network;ipc;
    """

  @Test(arguments: [
    usual, "[Application]\nname=org.example.Phone", "\n\n[Application]\r\n  name =  org.example.Phone \r\n",
    "[Instance]\nname=a.b.c\n[Application]\nname[de]=x\nname=org.example.Phone\n[Application]\nruntime=x\n",
  ])
  func itNamesTheApplication(_ text: String) throws {
    #expect(try FlatpakInfo.application(of: Array(text.utf8)) == "org.example.Phone")
  }

  @Test(arguments: [
    "", "\n", "name=org.example.Phone", "[Runtime]\nname=org.example.Platform", "[Application]\nruntime=x",
    "[Application]\nname=", "[Application]\nname", "[Application]\n#name=org.example.Phone",
    "[Application]\n[Other]\nname=org.example.Phone", "[application]\nname=org.example.Phone",
    // Whichever of them were taken, it would be a guess.
    "[Application]\nname=org.example.Phone\nname=org.example.Other",
    "[Application]\nname=org.example.Phone\n[A]\n[Application]\nname=org.example.Phone",
    "[Application]\nname=phone", "[Application]\nname=org.phone", "[Application]\nname=org..phone",
    "[Application]\nname=org.example.Phone/../x", "[Application]\nname=org.example.\u{202E}Phone",
    "[Application]\nname=org.example.1Phone", "[Application]\nname=.org.example", "[Application]\nname=org.example.a b",
    "[Application]\nname=org.example." + String(repeating: "x", count: 256),
  ])
  func whatNamesNoneIsRefused(_ text: String) {
    #expect(throws: FlatpakInfo.Problem.self) { try FlatpakInfo.application(of: Array(text.utf8)) }
  }

  @Test func whatIsNoTextIsRefused() {
    let name = Array("[Application]\nname=org.example.Phone\n".utf8)
    let huge = name + Array(repeating: UInt8(ascii: "#"), count: FlatpakInfo.limit)
    for contents in [name + [0], name + [0xFF, 0xFE], [0xC0] + name, huge] {
      #expect(throws: FlatpakInfo.Problem.self) { try FlatpakInfo.application(of: contents) }
    }
  }
}

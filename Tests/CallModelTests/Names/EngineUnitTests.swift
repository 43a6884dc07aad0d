// SPDX-License-Identifier: Apache-2.0
import CallModel
import Testing

struct EngineUnitTests {
  @Test(arguments: [
    ("sip", "app-ongoingcall-sip@7k3m9x2p.service"),
    ("command", "app-ongoingcall-command@7k3m9x2p.service"),
    ("web-rtc", #"app-ongoingcall-web\x2drtc@7k3m9x2p.service"#),
    ("-", #"app-ongoingcall-\x2d@7k3m9x2p.service"#),
  ])
  func hasAName(_ engine: String, _ unit: String) {
    #expect(EngineUnit.name(engine: engine, session: "7k3m9x2p") == unit)
    #expect(EngineUnit.session(inUnit: unit) == "7k3m9x2p")
  }

  @Test func everySessionsUnitIsRecognized() {
    for _ in 0..<200 {
      let id = SessionID().description
      let unit = EngineUnit.name(engine: "sip", session: id)
      #expect(EngineUnit.session(inUnit: unit) == id)
      #expect(unit.utf8.count < 256)
    }
  }

  @Test(arguments: [
    "", "app-ongoingcall-sip@7k3m9x2p.scope", "app-ongoingcall-sip.service", "app-other-sip@7k3m9x2p.service",
    "ongoingcalld.service", "app-ongoingcall-.service", "x-app-ongoingcall-sip@7k3m9x2p.service",
  ])
  func isNoEnginesUnit(_ unit: String) { #expect(EngineUnit.session(inUnit: unit) == nil) }

  @Test func anAdoptedProcesssUnit() {
    let unit = AdoptedUnit.name(session: "7k3m9x2p")
    #expect(unit == "app-ongoingcall-adopted-7k3m9x2p.scope")
    #expect(AdoptedUnit.session(inUnit: unit) == "7k3m9x2p")
    #expect(EngineUnit.session(inUnit: unit) == nil)
    for other in ["app-ongoingcall-adopted-7k3m9x2p.service", "session-2.scope", "", "app-ongoingcall-7k3m9x2p.scope"] {
      #expect(AdoptedUnit.session(inUnit: other) == nil, "\(other)")
    }
    #expect(StoredFD.process("7k3m9x2p") == "pidfd.7k3m9x2p")
  }

  @Test func aStoredDescriptorsNameIsOneThatSystemdTakes() {
    // sd_pid_notify_with_fds(3): at most 255 characters of ASCII, no control characters and no colon.
    let name = StoredFD.channel("7k3m9x2p")
    #expect(name == "channel.7k3m9x2p")
    #expect(name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") })
  }
}

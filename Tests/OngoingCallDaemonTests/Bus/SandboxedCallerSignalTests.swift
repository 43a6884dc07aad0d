// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

extension SandboxedCallerTests {
  /// All that is said to everybody, as anybody hears it.
  @Test func signalsTellNobodyWhatACallIs() async throws {
    try await street { street in
      let heard = Mailbox<(String, [BusValue])>()
      let slot = try street.phone.service(BusPeers.name).onSignal { message in
        var values: [BusValue] = []
        while let value = try? message.read() { values.append(value) }
        heard.put((message.member, values))
      }
      try await street.phone.settle()
      let path = try await street.launch(
        street.user, ["application-id": .string("org.example.Secret"), "token": .string("Secret")])
      let session = try street.served.service.session(String(path.split(separator: "/").last ?? ""))
      session.handle(.returnRequested(activationToken: "Secret"))
      session.handle(.notificationAction("secret"))
      session.handle(.report(EngineReport(.joined)))
      var asked = EngineReport(.joined)
      asked.transferRequest = "sip:secret@h?Replaces=secret"
      asked.connectedTo = "Secret sip:secret@h"
      session.handle(.report(asked))
      session.handle(.transferFailed(detail: "486 Secret"))
      session.handle(.report(EngineReport(.ended(.removed, detail: "486 Secret", exitStatus: nil))))
      var members: [String] = []
      while let (member, values) = await heard.next() {
        members.append(member)
        let text = "\(values)"
        #expect(!text.contains("ecret"), "\(member)")
        guard member == "Event", case .string("session-left")? = values.dropFirst(2).first else { continue }
        #expect(values.last == .dictionary(["reason": .string("removed"), "more": .bool(true)]))
        break
      }
      #expect(Set(members) == ["InterfacesAdded", "PropertiesChanged", "Event"])
      let events = try await street.ask(street.user, "EventsSince", [.uint64(0)]).get()?.asArray
      let last = "\(events?.last ?? .bool(false))"
      #expect(last.contains("486 Secret"))
      withExtendedLifetime(slot) {}
    }
  }
}

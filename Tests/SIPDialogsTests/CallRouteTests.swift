// SPDX-License-Identifier: Apache-2.0
import CallModel
import Testing

@testable import SIPDialogs

/// The way that requests take (RFC 3261, 12 and 16.12.1.2).
@Suite struct CallRouteTests {
  private static func dialog(_ recordRoutes: [String], contact: String? = "<sip:far@192.0.2.9:5070>") throws -> Dialog {
    let end = LocalEnd(
      target: Target(.udp, "192.0.2.50", 5060), address: "192.0.2.1", port: 5060, mediaPort: 7000, controlPort: 7001)
    var invite = SIPMessage(
      request: "INVITE", uri: "sip:far@h", end: end, branch: "z9hG4bK1", from: "<sip:me@h>;tag=mine", to: "<sip:far@h>",
      callID: "id", sequence: 1)
    invite.add("Contact", "<sip:me@192.0.2.1>")
    var response = SIPMessage.response(200, "OK", to: invite, tag: "theirs")
    for route in recordRoutes { response.add("Record-Route", route) }
    response["Contact"] = contact
    return try #require(Dialog(response, to: invite, at: end, user: "me", from: "192.0.2.50"))
  }

  @Test func looseRoutersAreKeptInOrder() throws {
    let dialog = try Self.dialog([
      "<sip:192.0.2.53;lr>, \"one, two\" <sip:p2@192.0.2.52;lr;x=\"a,b\">", "<sip:192.0.2.51;transport=tcp;lr>;p=\",\"",
    ])
    let request = dialog.request("BYE", sequence: 2, branch: "z9hG4bK2")
    #expect(request.requestURI == "sip:far@192.0.2.9:5070")
    #expect(
      request.all("Route") == [
        "<sip:192.0.2.51;transport=tcp;lr>;p=\",\"", "\"one, two\" <sip:p2@192.0.2.52;lr;x=\"a,b\">",
        "<sip:192.0.2.53;lr>",
      ])
    #expect(dialog.end.target == Target(.tcp, "192.0.2.51", 5060))
    #expect(dialog.knows("192.0.2.51") && dialog.knows("192.0.2.50") && !dialog.knows("192.0.2.52"))
    let again = try SIPMessage(request.bytes)
    #expect(again.all("Route") == request.all("Route"))
    #expect(again.fromTag == "mine" && again.toTag == "theirs" && again.callID == "id" && again.sequence == 2)
  }

  @Test func aStrictRouterGetsItsName() throws {
    let dialog = try Self.dialog(["<sip:192.0.2.52;lr>", "<sip:192.0.2.51:5062>"])
    let request = dialog.request("BYE", sequence: 2, branch: "z9hG4bK2")
    #expect(request.requestURI == "sip:192.0.2.51:5062")
    #expect(request.all("Route") == ["<sip:192.0.2.52;lr>", "<sip:far@192.0.2.9:5070>"])
    #expect(dialog.end.target == Target(.udp, "192.0.2.51", 5062))
  }

  @Test func withoutProxiesTheContactIsAsked() throws {
    #expect(try Self.dialog([]).end.target == Target(.udp, "192.0.2.9", 5070))
    #expect(try Self.dialog([], contact: nil).remoteTarget.description == "sip:far@h")
    #expect(try Self.dialog([], contact: "<tel:+1>").remoteTarget.description == "sip:far@h")
    #expect(try Self.dialog([], contact: "<sip:x@192.0.2.9?Subject=a>").remoteTarget.description == "sip:x@192.0.2.9")
  }

  @Test func aConnectionThatIsSecureStaysSo() throws {
    var dialog = try Self.dialog([])
    dialog.end.target = Target(.tls, "192.0.2.9", 5061, name: "phone.example")
    var message = SIPMessage(status: 200, phrase: "OK")
    message.add("Contact", "<sip:far@192.0.2.9:5070>")
    dialog.refresh(from: message)
    #expect(dialog.end.target == Target(.tls, "192.0.2.9", 5070, name: "phone.example"))
    message["Contact"] = "<sip:far@192.0.2.9:5070;transport=udp>"
    dialog.refresh(from: message)
    #expect(dialog.end.target.transport == .tls)
    #expect(dialog.remoteTarget.transport == "udp")
  }

  /// A far end of RFC 2543 has no tag.
  @Test func aTagMayBeMissing() throws {
    let bench = try CallBench()
    let far = bench.add()
    far.replies[1].change = { $0["To"] = "<sip:far@192.0.2.9>" }
    bench.place()
    #expect(bench.run(1000) { bench.isJoined })
    bench.leave()
    bench.run(100)
    #expect(far.requests("BYE").first?["To"] == "<sip:far@192.0.2.9>")
  }

  @Test(arguments: ["INVITE", "UPDATE"]) func aNewContactIsTakenOver(method: String) throws {
    let bench = try CallBench()
    let far = bench.add()
    let other = bench.add("192.0.2.77")
    try #require(bench.join())
    let leg = try #require(far.leg)
    far.offer(.sendrecv, leg, method: method) { $0["Contact"] = "<sip:moved@192.0.2.77>" }
    bench.run(1000)
    bench.leave()
    bench.run(100)
    #expect(other.requests("BYE").first?.requestURI == "sip:moved@192.0.2.77")
    #expect(far.requests("BYE").isEmpty)
  }

  @Test func aContactThatIsANameIsLookedUp() throws {
    let bench = try CallBench()
    let far = bench.add()
    let other = bench.add("192.0.2.77")
    bench.names["far.example"] = [Target(.udp, "192.0.2.77", 5060)]
    far.replies[1].change = { $0["Contact"] = "<sip:far@far.example>" }
    try #require(bench.join())
    #expect(far.requests("ACK").count == 1, "it went where the INVITE did, before the name was known")
    bench.leave()
    bench.run(100)
    #expect(other.requests("BYE").first?.requestURI == "sip:far@far.example")
    #expect(other.requests("BYE").first?.all("Route") == [])
  }

  /// More proxies than can be remembered: not a call, but no ghost either.
  @Test(arguments: [17, 60]) func tooManyProxies(count: Int) throws {
    let bench = try CallBench()
    let far = bench.add()
    far.replies[1].change = { for _ in 0..<count { $0.add("Record-Route", "<sip:192.0.2.9;lr>") } }
    bench.place()
    #expect(bench.run(2000) { bench.hasExited })
    #expect(bench.endReason == .refused)
    #expect(bench.endDetail?.contains("proxies") == true)
    #expect(far.open.isEmpty && far.requests("BYE").first?.routes.count == count)
    #expect(bench.complaints == [])
  }
}

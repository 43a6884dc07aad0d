// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import Testing

@testable import SIPDialogs

/// What is on record of an encrypted call is of no use to who reads it.
@Suite struct TicketSecretTests {
  private let material = (1...46).map(UInt8.init)

  @Test func aTicketOfADialogHasNoKeys() throws {
    let codecs = [Codec("PCMU", clockRate: 8000, payloadType: 0)]
    func end(_ port: UInt16) -> OfferAnswer {
      OfferAnswer(
        local: .init(
          address: "192.0.2.1", port: port, controlPort: port + 1, codecs: codecs, encryption: .required,
          keyMaterial: material), sessionID: 1)
    }
    var (here, there) = (end(4000), end(5000))
    let answer = try there.answer(offer: Array(here.offer(.sendrecv).utf8))
    let plan = try here.accept(answer: Array(answer.sdp.utf8))
    try #require(plan.sendKey != nil)
    var ticket = CallTicket(
      callID: "a", localTag: "b", sequence: 1,
      stream: StreamIdentity(source: 1, firstSequence: 1, firstTimestamp: 1, epoch: 1))
    (ticket.plan, ticket.offers) = (plan, here)
    ticket.forgetKeys()
    let text = String(decoding: try JSONEncoder().encode(ticket), as: UTF8.self)
    #expect(!text.contains("1,2,3,4,5"))
    #expect(!text.contains("inline:"))
    #expect(ticket.plan?.sendKey?.suite == plan.sendKey?.suite)
  }

  @Test func aCallWithADialogReportsNoKeys() throws {
    let bench = try CallBench()
    bench.add()
    try #require(bench.join())
    var call = try #require(bench.process).call
    call.session.plan?.sendKey = .init(suite: "AES_CM_128_HMAC_SHA1_80", material: material)
    call.session.offers?.local.keyMaterial = material
    let text = String(decoding: try JSONEncoder().encode(try #require(call.report.ticket)), as: UTF8.self)
    #expect(!text.contains("1,2,3,4,5"))
  }

  @Test func whatGoesOnIsStillEncrypted() throws {
    var offers = OfferAnswer(
      local: .init(
        address: "192.0.2.1", port: 4000, controlPort: 4001,
        codecs: [Codec("PCMU", clockRate: 8000, payloadType: 0)], encryption: .required, keyMaterial: material),
      sessionID: 1)
    let first = offers.offer(.sendrecv)
    offers.forgetKeys()
    offers.rollBack()
    offers.local.keyMaterial = material.reversed()
    let second = offers.offer(.sendrecv)
    #expect(second.contains("RTP/SAVP") && second.contains("a=crypto:"))
    #expect(first != second)
  }
}

// SPDX-License-Identifier: Apache-2.0
import CallModel
import OngoingCall
import OngoingCallTestSupport
import Testing

@Suite struct TransferVerbTests: DaemonSuite {
  let fixture: DaemonFixture

  init() throws { fixture = try DaemonFixture(call: DaemonFixture.standUp) }

  private static func ends(_ reason: String = "hung-up", _ detail: String = "transferred to sip:c@h") -> [ScriptedDaemon
    .Step]
  {
    let end: [String: BusValue] = [
      "State": .string("ended"), "EndReason": .string(reason), "EndDetail": .string(detail),
    ]
    return [.reply([]), .change("abcd0000", end), .event("abcd0000", "session-left")]
  }

  @Test func itWaitsForTheEnd() throws {
    daemon.on("Transfer") { _ in Self.ends() }
    let result = try tool.run("transfer", "030", "123")
    #expect(result.status == 0 && result.output == "abcd0000 transferred to sip:c@h\n", "\(result)")
    #expect(daemon.requests("Transfer").map(\.arguments) == [[.string("030 123")]])
    #expect(try tool.run("transfer", "start", "c", "--json", "--session", "abcd0000").status == 0)
  }

  @Test func itFailsWithTheReason() throws {
    let detail: [String: BusValue] = ["detail": .string("486 Busy Here")]
    daemon.on("Transfer") { _ in [.reply([]), .happen("abcd0000", "transfer-failed", detail)] }
    let result = try tool.run("transfer", "sip:c@h")
    #expect(result.status == 1)
    #expect(result.error == "ongoingcallctl: the call abcd0000 is not transferred: 486 Busy Here\n")
    #expect(try tool.run("transfer", "--json", "sip:c@h").errorJSON?.error?.name == "transfer-failed")
    daemon.on("Transfer") { _ in Self.ends("removed", "") }
    let removed = try tool.run("transfer", "sip:c@h")
    #expect(removed.status == 1 && removed.error.hasPrefix("ongoingcallctl: the call abcd0000 has ended: removed"))
  }

  @Test func theOtherOfTwoCallsIsTransferred() throws {
    daemon.set("abce0000", ["State": .string("joined")])
    daemon.on("TransferTo") { _ in Self.ends() }
    let result = try tool.run("transfer", "--to", "abce")
    #expect(result.status == 0, "\(result)")
    #expect(daemon.requests("TransferTo").map(\.arguments) == [[.objectPath(BusName.sessionPath("abce0000"))]])
    daemon.set("abcd0000", ["State": .string("joined")])
    let ambiguous = try tool.run("transfer", "sip:c@h")
    #expect(ambiguous.status == 66 && ambiguous.error.hasSuffix("\n  name one of them: --session ID\n"))
  }

  @Test func whoIsAskedAnswers() throws {
    daemon.set("abce0000", ["State": .string("joined"), "TransferRequest": .string("sip:c@h")])
    daemon.on("AnswerTransfer") { request in
      [.reply([.objectPath(request.arguments[0] == .bool(true) ? BusName.sessionPath("abcf0000") : "/")])]
    }
    #expect(try tool.run("transfer", "accept").output == "abcf0000 calls sip:c@h instead of abce0000\n")
    #expect(try tool.run("transfer", "decline").output == "abce0000 goes on; the transfer is declined\n")
    #expect(
      daemon.requests("AnswerTransfer").map(\.arguments)
        == [true, false].map { [.bool($0), .string("sip:c@h")] })
    let shown = try tool.run("status", "abce0000").output
    #expect(shown.contains("joined, transfer requested") && shown.contains("the other side asks you to call sip:c@h"))
  }

  @Test(arguments: [[], ["x", "--to", "abcd"], ["start"]])
  func whatIsNoTarget(_ arguments: [String]) throws {
    #expect(try tool.run(["transfer"] + arguments).status == 64)
    #expect(daemon.requests("Transfer").isEmpty)
  }
}

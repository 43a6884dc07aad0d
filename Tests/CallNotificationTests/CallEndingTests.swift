// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import CallNotification
import Testing

@Suite struct CallEndingTests {
  private static let ofJoined: [EndReason: CallEnding] = [
    .aborted: .ended, .hungUp: .ended, .removed: .ended, .exited: .ended, .alone: .ended, .logout: .ended,
    .network: .dropped, .engineFailed: .dropped, .leaseExpired: .dropped, .rejected: .dropped, .timedOut: .dropped,
    .engineNotFound: .dropped, .refused: .dropped, .busy: .dropped, .declined: .dropped, .unreachable: .dropped,
    .notFound: .dropped, .notPermitted: .dropped, .noAnswer: .dropped,
  ]

  private static let ofNeverJoined: [EndReason: CallEnding] = [
    .aborted: .ended, .hungUp: .ended, .exited: .ended, .alone: .ended, .logout: .ended,
    .removed: .failed, .network: .failed, .engineFailed: .failed, .leaseExpired: .failed, .rejected: .failed,
    .timedOut: .failed, .engineNotFound: .failed, .refused: .failed, .busy: .failed, .declined: .failed,
    .unreachable: .failed, .notFound: .failed, .notPermitted: .failed, .noAnswer: .failed,
  ]

  /// The end that a session has which is told this by its engine, or by its user.
  private func end(_ reason: EndReason, joined: Bool) throws -> SessionEnd {
    var life = SessionLife()
    _ = life.handle(.engineStarted)
    if joined { _ = life.handle(.report(EngineReport(.joined))) }
    _ = life.handle(.report(EngineReport(.ended(reason, detail: "", exitStatus: nil))))
    return try #require(life.end)
  }

  @Test(arguments: EndReason.allCases)
  func everyReasonHasItsEnding(_ reason: EndReason) throws {
    #expect(CallEnding(try end(reason, joined: true)) == Self.ofJoined[reason])
    #expect(CallEnding(try end(reason, joined: false)) == Self.ofNeverJoined[reason])
  }

  @Test func everyReasonIsSaidInWords() {
    let texts = EndReason.allCases.map { Phrases().why($0) }
    #expect(Set(texts).count == texts.count)
    for text in texts { #expect(text.hasSuffix(".") && text.first?.isUppercase == true, "\(text)") }
    #expect(Phrases { "<\($0)>" }.why(.busy) == "<The line is busy.>")
  }
}

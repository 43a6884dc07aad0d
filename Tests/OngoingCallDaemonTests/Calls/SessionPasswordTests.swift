// SPDX-License-Identifier: Apache-2.0
import CallModel
import FoundationEssentials
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

/// The password of a call's account, which its engine gets, and nobody else.
@Suite(.timeLimit(.minutes(1))) struct SessionPasswordTests {
  private let told = LogLines()

  @EventLoopActor
  private func lookUp(_ house: House) async throws -> Session {
    let id = SessionID()
    var record = SessionRecord.launched(id)
    record.spec.account = "me"
    record.spec.accountSettings = try Account([("address", .string("sip:me@example.org"))])
    let session = Session(record, id: id, host: house, logger: told.logger)
    await withCheckedContinuation { continuation in session.withPassword { continuation.resume() } }
    return session
  }

  @Test func itIsInNoRecordAndNoLine() async throws {
    try await House.test { house in
      house.password = try Password("rosebud".utf8)
      let session = try await lookUp(house)
      #expect(session.password == .some(house.password))
      let record = String(decoding: try JSONEncoder().encode(session.record), as: UTF8.self)
      #expect(record.contains("sip:me@example.org") && !record.contains("rosebud"))
      #expect(!told.lines.contains { $0.contains("rosebud") } && !"\(session.record)".contains("rosebud"))
    }
  }

  /// Not every server asks for one, so that is no problem yet.
  @Test func withoutOneNothingIsSaid() async throws {
    try await House.test { house in
      let session = try await lookUp(house)
      #expect(session.password == .some(nil) && told.lines.isEmpty)
    }
  }
}

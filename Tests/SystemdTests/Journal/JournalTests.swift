// SPDX-License-Identifier: Apache-2.0
import Glibc
import Logging
import OngoingCallTestSupport
import Testing

@testable import Systemd

@Suite struct JournalTests {
  @Test(arguments: ["MESSAGE", "A", "ONGOINGCALL_SESSION", "X1", "A_", String(repeating: "A", count: 64)])
  func theJournalTakes(_ name: String) { #expect(Journal.isValid(field: name)) }

  @Test(arguments: [
    "", "_PID", "1A", "message", "A-B", "A.B", "A=B", "A B", "A\nB", "Ä", "É", "A\u{0}", "Ａ",
    String(repeating: "A", count: 65),
  ])
  func theJournalRefuses(_ name: String) { #expect(!Journal.isValid(field: name)) }

  @Test(arguments: [
    ("session-id", "SESSION_ID"), ("code.file", "CODE_FILE"), ("MESSAGE_ID", "MESSAGE_ID"), ("straße", "STRASSE"),
    ("é", "_"), ("a b=c\nd", "A_B_C_D"), ("a\r\nb", "A_B"), ("٣", "_"), ("", ""),
  ])
  func metadataKeysBecomeFields(_ key: String, _ field: String) {
    #expect(JournalLogHandler.fieldName(key) == field)
  }

  @Test func levelsBecomePriorities() {
    let priorities = Logger.Level.allCases.map { Journal.Priority($0).rawValue }
    #expect(priorities == [7, 7, 6, 5, 4, 3, 2])
  }

  @Test func metadataOfTheHandlerIsKept() {
    var handler = JournalLogHandler(label: "test")
    handler[metadataKey: "call"] = "a"
    #expect(handler[metadataKey: "call"] == "a")
    #expect(handler.metadata == ["call": "a"])
    #expect(handler.logLevel == .info)
  }

  private static let journalIsThere = access("/run/systemd/journal/socket", F_OK) == 0

  /// A process of its own, for its standard error.
  @Test(.disabled(if: journalIsThere, "only where no journal runs"))
  func withoutAJournalALineGoesToStandardError() async throws {
    let result = try await #require(processExitsWith: .success, observing: [\.standardErrorContent]) {
      var logger = Logger(label: "test") { JournalLogHandler(label: $0) }
      logger.logLevel = .notice
      logger.error("the bus is gone", metadata: ["x": "y"])
      logger.info("not of interest")
    }
    let text = String(decoding: result.standardErrorContent, as: UTF8.self)
    #expect(text == "<3>the bus is gone\n")
  }
}

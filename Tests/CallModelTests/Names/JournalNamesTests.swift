// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import Testing

struct JournalNamesTests {
  private let messageIDs: [String]

  init() throws { messageIDs = try SourceFile(named: "JournalNames.swift").constants(in: "MessageID") }

  @Test func messageIDsAreDistinctAndOf128Bits() {
    #expect(messageIDs.contains(MessageID.recordSkipped) && messageIDs.count > 10)
    #expect(Set(messageIDs).count == messageIDs.count)
    for id in messageIDs {
      #expect(id.utf8.count == 32 && id.allSatisfy { "0123456789abcdef".contains($0) }, "\(id)")
    }
  }

  @Test func theCatalogExplainsEachOfThem() throws {
    let catalog = try SourceFile("systemd/ongoingcall.catalog")
    let explained = catalog.lines.filter { $0.hasPrefix("-- ") }.map { String($0.dropFirst(3)) }
    #expect(explained.sorted() == messageIDs.sorted())
  }

  @Test func lifeEventsHaveTheirMessageID() {
    let ended = TerminalEvent.allCases.map {
      SessionEvent.ended(SessionEnd(event: $0, reason: .aborted))
    }
    let ids = ([.launched, .joined, .connectionLost(.network), .connectionRestored] + ended).map {
      MessageID.of(event: $0.name)
    }
    #expect(!ids.contains(nil) && Set(ids).count == ids.count)
    for event in [SessionEvent.ringing, .mutedChanged(true), .onHoldChanged(true)] {
      #expect(MessageID.of(event: event.name) == nil)
    }
  }

  @Test func fieldsAreNamedAsTheJournalWantsThem() throws {
    let fields = try SourceFile(named: "JournalNames.swift").values(in: "JournalField")
    #expect(fields.contains("ONGOINGCALL_SESSION"))
    for field in fields {
      #expect(field.utf8.count <= 64 && field.first?.isUppercase == true)
      #expect(field.allSatisfy { $0.isASCII && ($0.isUppercase || $0.isNumber || $0 == "_") }, "\(field)")
    }
  }
}

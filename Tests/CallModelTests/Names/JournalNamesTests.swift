// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import Testing

struct JournalNamesTests {
  static let messageIDs = [
    MessageID.launched, MessageID.joined, MessageID.left, MessageID.timedOut, MessageID.connectionLost,
    MessageID.connectionRestored, MessageID.connectionClosed, MessageID.launchFailed, MessageID.ready,
    MessageID.endsAtLogout, MessageID.lingeringOn, MessageID.lingeringOff,
    MessageID.recordSkipped, MessageID.returned, MessageID.returnFailed, MessageID.hangUpRequested,
  ]

  @Test func messageIDsAreDistinctAndOf128Bits() throws {
    #expect(Set(Self.messageIDs).count == Self.messageIDs.count)
    for id in Self.messageIDs {
      #expect(id.utf8.count == 32 && id.allSatisfy { "0123456789abcdef".contains($0) }, "\(id)")
    }
    let source = try SourceFile("Sources/CallModel/Names/JournalNames.swift")
    #expect(source.values(in: "MessageID") == Set(Self.messageIDs), "all of them are in this test's list")
  }

  @Test func theCatalogExplainsEachOfThem() throws {
    let catalog = try SourceFile("systemd/ongoingcall.catalog")
    let explained = catalog.lines.filter { $0.hasPrefix("-- ") }.map { String($0.dropFirst(3)) }
    #expect(Set(explained) == Set(Self.messageIDs))
    #expect(explained.count == Self.messageIDs.count)
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
    let fields = try SourceFile("Sources/CallModel/Names/JournalNames.swift").values(in: "JournalField")
    #expect(fields.contains("ONGOINGCALL_SESSION"))
    for field in fields {
      #expect(field.utf8.count <= 64 && field.first?.isUppercase == true)
      #expect(field.allSatisfy { $0.isASCII && ($0.isUppercase || $0.isNumber || $0 == "_") }, "\(field)")
    }
  }
}

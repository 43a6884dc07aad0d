// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import OngoingCallTestSupport
import Testing

@testable import EngineChannel

/// The tables of EngineChannel.md and those of the code have the same rows.
struct DocumentTests {
  let tables: [MarkdownTable]

  init() throws {
    tables = MarkdownTable.all(in: try ProjectFiles.text("Sources/EngineChannel/EngineChannel.docc/EngineChannel.md"))
  }

  private func table(_ header: String, _ number: Int = 0) throws -> MarkdownTable {
    let found = tables.filter { $0.header.first == header }
    return try #require(found.indices.contains(number) ? found[number] : nil)
  }

  /// The types and their keys; of those that have a table of their own, the rest is there.
  private func check<Value: Sendable>(_ kinds: [WireKind<Value>], _ table: MarkdownTable) throws {
    #expect(table.rows.map { $0[0].names } == kinds.map { [$0.name] })
    for (kind, row) in zip(kinds, table.rows) {
      let further = tables.first { $0.header.first == "Key of `\(kind.name)`" }
      let keys = row[1].keys + (further?.rows.flatMap { $0[0].names } ?? [])
      #expect(keys.sorted() == kind.keys.sorted(), "\(kind.name)")
    }
  }

  @Test func requests() throws { try check(EngineRequest.kinds, table("`type`", 0)) }

  @Test func account() throws {
    let keys = try table("Key of `account`").rows.flatMap { $0[0].names }
    #expect(keys.sorted() == EngineRequest.Account.CodingKeys.allCases.map(\.rawValue).sorted())
  }

  @Test func messages() throws { try check(EngineMessage.kinds, table("`type`", 1)) }

  @Test func states() throws {
    let table = try table("`state`")
    #expect(table.rows.map { $0[0].names } == EngineReport.State.kinds.map { [$0.name] })
    for (kind, row) in zip(EngineReport.State.kinds, table.rows) { #expect(row[2].keys == kind.keys, "\(kind.name)") }
  }

  @Test func reasonsAndCodes() throws {
    let reasons = try table("`reason`").rows.flatMap { $0[0].names }
    #expect(reasons.count == 14)
    for reason in reasons { #expect(EndReason(rawValue: reason) != nil, "\(reason)") }
    let codes: [EngineError.Code] = [.unsupported, .invalid, .failed]
    #expect(try table("`code`").rows.map { $0[0].names } == codes.map { [$0.rawValue] })
    for code in codes {
      switch code {
      case .unsupported, .invalid, .failed: break
      }
    }
  }

  @Test func capabilities() throws {
    let rows = try table("Capability").rows
    #expect(rows.map { $0[0].names } == EngineDescriptor.Capability.allCases.map { [$0.rawValue] })
    for (capability, row) in zip(EngineDescriptor.Capability.allCases, rows) {
      let requests = EngineRequest.kinds.filter { $0.capability == capability }.map(\.name)
      #expect(row[1].names == requests, "\(capability)")
    }
  }
}

/// A table in a Markdown text.
struct MarkdownTable {
  struct Cell {
    let text: Substring

    /// What is set as code in it.
    var names: [String] {
      text.split(separator: "`", omittingEmptySubsequences: false).enumerated().filter { $0.offset % 2 == 1 }
        .map { String($0.element) }
    }

    /// The names that each of its clauses begins with: `a`, `b` string: what they are; `c` number.
    var keys: [String] {
      text.split(separator: ";").flatMap { clause in
        var rest = clause.drop { $0 == " " }
        var keys: [String] = []
        while rest.hasPrefix("`") {
          let name = rest.dropFirst().prefix { $0 != "`" }
          keys.append(String(name))
          rest = rest.dropFirst(name.count + 2).drop { $0 == "," || $0 == " " }
        }
        return keys
      }
    }
  }

  let header: [String]
  let rows: [[Cell]]

  static func all(in text: String) -> [MarkdownTable] {
    text.split(separator: "\n", omittingEmptySubsequences: false).split { !$0.hasPrefix("|") }.map { lines in
      let cells = lines.map { line in
        line.dropFirst().split(separator: "|", omittingEmptySubsequences: false).dropLast().map { Cell(text: $0) }
      }
      return MarkdownTable(
        header: cells[cells.startIndex].map { cell in cell.text.split(separator: " ").joined(separator: " ") },
        rows: Array(cells.dropFirst(2)))
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import FoundationEssentials
import LinuxFiles
import OngoingCallTestSupport
import Testing

@testable import OngoingCallDaemon

@Suite struct EarlierRecordTests {
  /// JSON of any shape.
  private enum Value: Decodable, Equatable {
    case object([String: Value])
    case array([Value])
    case text(String)
    case number(UInt64)
    case flag(Bool)

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let object = try? container.decode([String: Value].self) {
        self = .object(object)
      } else if let array = try? container.decode([Value].self) {
        self = .array(array)
      } else if let text = try? container.decode(String.self) {
        self = .text(text)
      } else if let flag = try? container.decode(Bool.self) {
        self = .flag(flag)
      } else {
        self = .number(try container.decode(UInt64.self))
      }
    }

    /// What of this is missing there, or has another value.
    func missing(in other: Value?, at path: String = "") -> [String] {
      switch (self, other) {
      case (.object(let own), .object(let others)?):
        own.sorted { $0.key < $1.key }.flatMap { $1.missing(in: others[$0], at: "\(path).\($0)") }
      case (.array(let own), .array(let others)?) where own.count == others.count:
        zip(own, others).enumerated().flatMap { $1.0.missing(in: $1.1, at: "\(path).\($0)") }
      default: self == other ? [] : [path]
      }
    }
  }

  /// Nothing of it is lost, either.
  @Test(arguments: [
    (EarlierRecords.address, "40xarfa6"), (EarlierRecords.program, "m6qwcvpp"), (EarlierRecords.ended, "7w6e07a4"),
  ])
  func isGoneOnWith(_ text: String, _ id: String) async throws {
    let folder = TemporaryFolder()
    let written = try await onEventLoop {
      let store = try RecordStore(directory: folder["run"], logger: .silent)
      folder.write(text, to: "run/sessions/\(id).json")
      let loaded = store.load()
      #expect(loaded.leftOut == 0)
      try store.save(try #require(loaded.records.first))
      return try #require(Files.read(folder["run/sessions/\(id).json"]))
    }
    let (before, after) = try (
      JSONDecoder().decode(Value.self, from: Data(text.utf8)), JSONDecoder().decode(Value.self, from: Data(written))
    )
    #expect(before.missing(in: after) == [])
  }

  @Test func theCallsAreAsTheyWere() throws {
    let address = try SessionRecord(Array(EarlierRecords.address.utf8), name: "40xarfa6")
    #expect(address.life.state == .joined && address.life.onHold && address.life.canBeTakenUp)
    #expect(address.spec.title == "Stand-up" && address.spec.uri == "sip:standup@127.0.0.1:44531")
    #expect(address.resume == "ticket" && address.events.map(\.sequence) == [1, 2, 3, 4, 5])
    let program = try SessionRecord(Array(EarlierRecords.program.utf8), name: "m6qwcvpp")
    #expect(program.life.state == .joined && program.spec.hasTerminal)
    let ended = try SessionRecord(Array(EarlierRecords.ended.utf8), name: "7w6e07a4")
    #expect(ended.life.isOver && ended.life.end?.exitStatus == 3 && ended.endIsTold == true)
  }
}

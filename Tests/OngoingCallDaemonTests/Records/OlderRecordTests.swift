// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import FoundationEssentials
import OngoingCallTestSupport
import Testing

@testable import OngoingCallDaemon

/// Records that an earlier daemon has written, of calls that this one is to go on with. They stay as they are.
@Suite struct OlderRecordTests {
  private struct Named: Decodable { var id: String }

  private static func bytes(_ name: String) throws -> [UInt8] {
    Array(try ProjectFiles.bytes("Tests/OngoingCallDaemonTests/Records/Older/\(name).json").prefix { $0 != 0x0A })
  }

  private static func record(_ name: String) throws -> SessionRecord {
    let bytes = try bytes(name)
    // As when a new daemon reads it: whole, and without a contradiction.
    let named = try JSONDecoder().decode(Named.self, from: Data(bytes))
    return try SessionRecord(bytes, name: named.id)
  }

  @Test func aCallOnHold() throws {
    let record = try Self.record("address")
    #expect(record.life.state == .joined && record.life.reported.onHold && record.life.canBeTakenUp)
    #expect(record.spec.title == "Stand-up" && record.spec.uri == "sip:standup@127.0.0.1:44531")
    #expect(record.resume == "ticket" && record.events.map(\.sequence) == [1, 2, 3, 4, 5])
  }

  @Test func aProgramThatHasEnded() throws {
    let record = try Self.record("ended")
    #expect(record.life.isOver && record.life.end?.exitStatus == 3 && record.endIsTold == true)
  }

  @Test func aProgramWithEveryOption() throws {
    let record = try Self.record("program")
    let spec = record.spec
    #expect(record.life.state == .joined && record.unit == spec.unit(of: record.id))
    #expect(spec.engine.name == "command" && spec.command == ["/usr/bin/sleep", "1000"])
    #expect((spec.title, spec.applicationID, spec.token) == ("Stand-up", "org.example.App", "t1"))
    #expect((spec.launchTimeout, spec.reconnectTimeout, spec.aloneTimeout) == (90, 7, 0))
    #expect(!spec.inhibitsSleep && !spec.lingers && !spec.startMuted && spec.terminal)
    #expect(spec.workingDirectory == "/tmp" && spec.environment.contains("A=b"))
    #expect(spec.notification?.text == "At ten" && spec.notification?.icon == "phone")
    #expect(spec.notification?.priority == .high && spec.channel == "work" && spec.hangUpGrace == nil)
    #expect(spec.returnTarget?.application == .init(name: "org.example.App", path: "/org/example/App"))
    #expect(spec.returnTarget?.command == ["/usr/bin/true", "now"])
  }

  @Test func aProcessThatWasAdopted() throws {
    let record = try Self.record("process")
    #expect(record.spec.process != nil && record.spec.engine == .none && record.spec.hangUpGrace == 9)
    #expect(record.spec.title == "sleep" && record.spec.inhibitsSleep)
  }

  /// What it has read of the configuration.
  @Test func whatItRemembered() throws {
    struct Home: Decodable { var configuration: Configuration }
    let bytes = try ProjectFiles.bytes("Tests/OngoingCallDaemonTests/Records/Older/home.json")
    let configuration = try JSONDecoder().decode(Home.self, from: Data(bytes)).configuration
    #expect(configuration == Configuration())
    var other = Configuration()
    (other.calls.launchTimeout, other.tellsWantedEnds, other.dismissalPause) = (7, true, 9)
    #expect(try JSONDecoder().decode(Configuration.self, from: JSONEncoder().encode(other)) == other)
  }

  // MARK: Written again

  /// What it is written as from now on says the same, and has all that it had.
  @Test(arguments: ["address", "ended", "process", "program"])
  func nothingIsLost(_ name: String) throws {
    let record = try Self.record(name)
    let written = try JSONEncoder().encode(record)
    let again = try JSONDecoder().decode(SessionRecord.self, from: written)
    #expect(again == record && again.spec.asksForTheSame(as: record.spec))
    let (before, after) = try (
      JSONDecoder().decode(Value.self, from: Data(Self.bytes(name))), JSONDecoder().decode(Value.self, from: written)
    )
    #expect(before.missing(in: after) == [])
  }

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
}

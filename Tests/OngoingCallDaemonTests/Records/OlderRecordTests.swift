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

  private static func record(_ name: String) throws -> SessionRecord {
    let file = "Tests/OngoingCallDaemonTests/Records/Older/\(name).json"
    let bytes = Array(try ProjectFiles.bytes(file).prefix { $0 != UInt8(ascii: "\n") })
    // As when a new daemon reads it: whole, and without a contradiction.
    let named = try JSONDecoder().decode(Named.self, from: Data(bytes))
    return try SessionRecord(bytes, name: named.id)
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
    try expectTheSame(record)
  }

  @Test func aProcessThatWasAdopted() throws {
    let record = try Self.record("process")
    #expect(record.spec.process != nil && record.spec.engine == .none && record.spec.hangUpGrace == 9)
    #expect(record.spec.title == "sleep" && record.spec.inhibitsSleep)
    try expectTheSame(record)
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

  /// What it is written as from now on says the same, and has all that it had.
  private func expectTheSame(_ record: SessionRecord) throws {
    let again = try JSONDecoder().decode(SessionRecord.self, from: JSONEncoder().encode(record))
    #expect(again == record && again.spec.asksForTheSame(as: record.spec))
  }
}

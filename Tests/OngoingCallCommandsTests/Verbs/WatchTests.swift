// SPDX-License-Identifier: Apache-2.0
import CallModel
import Glibc
import OngoingCall
import OngoingCallTestSupport
import Testing

@testable import OngoingCallCommands

/// `watch`: each event once, and in order.
@Suite struct WatchTests: DaemonSuite {
  let fixture: DaemonFixture

  init() throws { fixture = try DaemonFixture(call: DaemonFixture.standUp) }

  /// As `EventsSince` gives it.
  static func element(
    _ sequence: UInt64, _ name: String, of id: String = "abcd0000", time: UInt64 = 1_714_564_800_000_000,
    _ details: [String: BusValue] = [:]
  ) -> BusValue {
    let path = id.isEmpty ? "/" : BusName.sessionPath(id)
    return .structure([
      .uint64(sequence), .uint64(time), .string(id), .objectPath(path), .string(name), .dictionary(details),
    ])
  }

  static func reply(_ elements: [BusValue]) -> ScriptedDaemon.Step { .reply([.array(elements, of: "(ttsosa{sv})")]) }

  private func sequences(_ output: String) -> [String] {
    output.split(separator: "\n").map { String($0.drop { $0 == " " }.prefix { $0.isNumber }) }
  }

  @Test func whatHappensToTheSound() throws {
    daemon.on("EventsSince") { _ in
      [
        Self.reply([
          Self.element(
            4, "audio-changed",
            ["microphone": .string("usb"), "speaker": .string("out"), "fallback": .strings(["speaker"])]),
          Self.element(5, "recording-started", ["file": .string("/tmp/a.wav")]),
          Self.element(6, "recording-stopped", ["reason": .string("stopped")]),
          Self.element(7, "recording-stopped", ["reason": .string("failed"), "detail": .string("the disk is full")]),
          Self.element(8, "recording-stopped", ["reason": .string("engine-replaced")]),
          Self.element(9, "hold-refused", ["detail": .string("488 Not Acceptable Here")]),
          Self.element(10, "transfer-requested", ["detail": .string("sip:c@h")]),
          Self.element(11, "transfer-request-ended"),
          Self.element(12, "transfer-failed", ["detail": .string("486 Busy Here")]),
          Self.element(13, "session-left", ["reason": .string("removed")]),
        ])
      ]
    }
    let words = try tool.run("watch", "abcd0000", "--after", "3").output.split(separator: "\n").map {
      String($0.split(separator: "  “")[0].split(separator: "abcd0000  ").last ?? "")
    }
    #expect(
      words.dropLast() == [
        "sound devices changed: microphone usb, speaker out (instead of one that is not connected)",
        "recording started: /tmp/a.wav",
        "recording stopped",
        "recording stopped: the file could not be written any more (the disk is full)",
        "recording stopped: the engine that wrote it was replaced", "hold refused: 488 Not Acceptable Here",
        "the other side asks you to call somebody else: sip:c@h", "the request for a transfer ended",
        "transfer failed: 486 Busy Here",
      ])
    let json = try tool.run("watch", "abcd0000", "--after", "3", "--json").output
    #expect(json.contains(#""details":{"fallback":["speaker"],"microphone":"usb","speaker":"out"}"#))
  }

  @Test func whatIsKnownAndWhatComes() throws {
    daemon.on("EventsSince") { _ in
      [
        Self.reply([
          Self.element(4, "session-joined"), Self.element(5, "connection-lost", ["reason": .string("network")]),
          Self.element(6, "session-joined", of: "abce0000"),
        ]),
        .event("abcd0000", "connection-restored", sequence: 7),
        .event("abcd0000", "muted-changed", sequence: 8, details: ["muted": .bool(true)]),
        .event("abcd0000", "session-left", sequence: 9, details: ["reason": .string("removed")]),
      ]
    }
    let result = try tool.run("watch", "abcd0000", "--after", "3")
    #expect(result.status == 0)
    #expect(result.error == "")
    #expect(
      result.output == """
             4  12:00:00  abcd0000  joined  “Stand-up”
             5  12:00:00  abcd0000  connection lost: the network went away  “Stand-up”
             7  12:00:00  abcd0000  connection restored  “Stand-up”
             8  12:00:00  abcd0000  muted  “Stand-up”
             9  12:00:00  abcd0000  ended: the other side hung up  “Stand-up”

        """)
    #expect(daemon.requests("EventsSince").map(\.arguments) == [[.uint64(3)]])
  }

  @Test func inJSON() throws {
    daemon.on("EventsSince") { _ in
      [
        Self.reply([
          Self.element(2, BusName.eventsForgotten, of: ""),
          Self.element(
            3, "session-left",
            ["reason": .string("exited"), "exit-status": .int32(7), "later": .array([.byte(1)], of: "y")]),
        ])
      ]
    }
    let result = try tool.run("watch", "--json", "--after", "0", "abcd0000")
    #expect(result.status == 0)
    #expect(
      result.output == """
        {"version":1,"event":{"sequence":2,"name":"events-forgotten"}}
        {"version":1,"event":{"sequence":3,"time-usec":1714564800000000,"session":"abcd0000","name":"session-left",\
        "details":{"exit-status":7,"later":null,"reason":"exited"}}}

        """)
  }

  /// Signals that were missed, told twice, or made up by somebody else.
  @Test func aGapIsAskedFor() throws {
    daemon.on("EventsSince") { request in
      request.earlier == 0
        ? [
          Self.reply([Self.element(1, "session-launched")]), .event("abcd0000", "session-launched", sequence: 1),
          .event("abcd0000", "session-joined", sequence: 4),
        ]
        : [
          Self.reply([
            Self.element(2, "session-ringing"), Self.element(3, "muted-changed"), Self.element(4, "session-joined"),
          ]), .event("abcd0000", "session-joined", sequence: 4), .event("abcd0000", "session-left", sequence: 5),
        ]
    }
    let result = try tool.run("watch", "abcd0000", "--after", "0")
    #expect(sequences(result.output) == ["1", "2", "3", "4", "5"])
    #expect(daemon.requests("EventsSince").map(\.arguments) == [[.uint64(0)], [.uint64(1)]])
  }

  @Test func aRestartLosesAndDoublesNothing() throws {
    daemon.on("EventsSince") { request in
      let known = [Self.element(1, "session-launched"), Self.element(2, "session-joined")]
      return switch request.earlier {
      case 0: [Self.reply(known), .restart]
      case 1: [Self.reply([known[1], Self.element(3, "connection-lost")]), .restart]
      default:
        [
          Self.reply([Self.element(3, "connection-lost")]), .event("abcd0000", "connection-restored", sequence: 4),
          .event("abcd0000", "session-left", sequence: 5),
        ]
      }
    }
    let result = try tool.run("watch", "abcd0000", "--after", "0")
    #expect(result.status == 0, "\(result.error)")
    #expect(sequences(result.output) == ["1", "2", "3", "4", "5"])
    #expect(!result.output.contains("count from 1"))
  }

  /// One that was stopped and started counts from the beginning; by their times its events are others.
  @Test func anotherDaemonsEventsAreOthers() throws {
    daemon.on("EventsSince") { request in
      request.earlier == 0
        ? [Self.reply([Self.element(1, "session-launched"), Self.element(2, "session-joined")]), .restart]
        : [
          Self.reply(
            [
              Self.element(1, "session-launched", time: 1_714_564_900_000_000),
              Self.element(2, "session-left", time: 1_714_564_901_000_000),
            ].filter { request.arguments != [.uint64(1)] || $0.asStructure?[0] == .uint64(2) })
        ]
    }
    let reader = try EventReader(client, since: 0)
    var items = try reader.begin()
    let deadline = Deadline(in: .seconds(20))
    while items.count < 5, let change = try reader.client.nextChange(until: deadline) {
      items += try reader.take(change)
    }
    #expect(items.map(\.sequence) == [1, 2, nil, 1, 2])
    #expect(items[2] == .startedAnew(after: 2))
    // A number that no event has had yet is no end of a call that is there.
    let one = try tool.run("watch", "--after", "99", "abcd0000")
    #expect(one.status == 0)
    #expect(one.output.hasPrefix("ongoingcalld was stopped; events count from 1 again\n"))
    #expect(sequences(String(one.output.drop { $0 != "\n" }.dropFirst())) == ["1", "2"])
  }

  @Test func aDaemonThatIsStoppedIsNotStartedAgain() throws {
    let folder = TemporaryFolder()
    let fixture = try DaemonFixture(startedBy: "/bin/touch \(folder["started"])")
    let reader = try EventReader(fixture.client, since: 0)
    fixture.daemon.on("EventsSince") { _ in [.vanish] }
    try fixture.daemon.perform(.event("abcd0000", "session-left", sequence: 9))
    for _ in 0..<2 {
      let change = try #require(try reader.client.nextChange(until: Deadline(in: .seconds(20))))
      #expect(try reader.take(change) == [])
    }
    #expect(access(folder["started"], F_OK) != 0)
  }

  @Test func aCallThatHasEndedIsTold() throws {
    daemon.set("abcd0000", ["State": .string("ended")])
    daemon.on("EventsSince") { _ in
      [Self.reply([Self.element(1, "session-launched"), Self.element(2, "session-left")])]
    }
    #expect(sequences(try tool.run("watch", "abcd0000").output) == ["1", "2"])
  }

  @Test func hostileTextIsHarmless() throws {
    let hostile = "a\u{1B}[2J\nb\u{202E}" + String(repeating: "x", count: 5000)
    daemon.set("abcd0000", ["Title": .string(hostile)])
    daemon.on("EventsSince") { _ in
      [
        Self.reply([
          Self.element(1, hostile, ["reason": .string(hostile), "detail": .string(hostile)]),
          Self.element(2, "session-left", ["reason": .string(hostile), "detail": .string(hostile)]),
        ])
      ]
    }
    let output = try tool.run("watch", "abcd0000", "--after", "0").output
    #expect(output.split(separator: "\n").count == 2)
    #expect(output.utf8.count < 2000)
    #expect(!output.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" || $0.value == 0x202E })
  }

  @Test func nobodyWhoReadsEndsIt() throws {
    // There is nothing to write: it ends all the same.
    let result = try tool.runUnread("watch")
    #expect(result.status == -SIGPIPE)
  }

  @Test(arguments: ["--after x", "--after -1", "--quiet"])
  func mistakes(_ arguments: String) throws {
    #expect(try tool.run(line: "watch " + arguments).status == 64)
  }
}

extension EventCursor.Item {
  fileprivate var sequence: UInt64? {
    switch self {
    case .event(let event): event.sequence
    case .forgotten(let sequence): sequence
    case .startedAnew: nil
    }
  }
}

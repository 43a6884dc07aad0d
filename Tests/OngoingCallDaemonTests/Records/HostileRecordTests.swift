// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import Glibc
import LinuxFiles
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

/// Records that were cut off, changed, or never written by the daemon: left out one by one, each with its reason.
@Suite(.timeLimit(.minutes(2))) struct HostileRecordTests {
  let folder = TemporaryFolder()
  static let id = SessionID("7k3m9x2p") ?? SessionID()
  private static let other = "0000000z"

  private static func problem(_ contents: some Sequence<UInt8>, name: String = id.description) -> RecordProblem? {
    do throws(RecordProblem) {
      _ = try SessionRecord(Array(contents), name: name)
      return nil
    } catch { return error }
  }

  /// The bytes of a record, as the daemon writes them, without the empty lines after them.
  private func written(_ record: SessionRecord) async throws -> [UInt8] {
    try await onEventLoop { try RecordStore(directory: folder["run"], logger: .silent).save(record) }
    let contents = try #require(Files.read(folder["run/sessions/\(record.id).json"]))
    return Array(contents.prefix { $0 != UInt8(ascii: "\n") })
  }

  // MARK: What is in it

  @Test func aRecordIsCutOffAtEveryByte() async throws {
    let bytes = try await written(.joined(Self.id))
    #expect(Self.problem(bytes) == nil)
    for length in bytes.indices {
      #expect(Self.problem(bytes[..<length]) == .notWhole, "at byte \(length)")
    }
  }

  /// A bit that has changed is found, or the record is as good as any other: its session comes to its end.
  @Test func aBitHasChanged() async throws {
    let bytes = try await written(.joined(Self.id))
    var found = 0
    for index in bytes.indices {
      var changed = bytes
      changed[index] ^= 1 << (index % 8)
      guard let record = try? SessionRecord(changed, name: Self.id.description) else {
        found += 1
        continue
      }
      var life = record.life
      _ = life.handle(.recovered(unitRuns: true))
      _ = life.handle(.abort)
      _ = life.handle(.unitGone)
      if !life.isOver { _ = life.handle(.engineNotStarted(detail: "")) }
      #expect(life.isOver, "byte \(index): \(String(decoding: changed, as: UTF8.self))")
      #expect(record.unit == EngineUnit.name(engine: "sip", session: Self.id.description))
    }
    #expect(found > bytes.count / 2)
  }

  @Test(arguments: [
    (#""version":1"#, #""version":2"#, RecordProblem.version(2)),
    (#""version":1"#, #""version":-1"#, .version(-1)),
    (#""version":1"#, #""version":"1""#, .unfit("version")),
    (#""version":1"#, #""version":1e99"#, .notWhole),
    (#""version":1"#, #""Version":1"#, .missing("version")),
    (#""title":"Stand-up""#, #""title":7"#, .unfit("spec.title")),
    (#""state":"joined""#, #""state":"asleep""#, .unfit("life.state")),
    (#""muted":false"#, #""Muted":false"#, .missing("life.muted")),
    (#""launchedAt":1"#, #""launchedAt":-1"#, .notWhole),
    (#""launchedAt":1"#, #""launchedAt":18446744073709551616"#, .notWhole),
  ])
  func whatCannotBeRead(_ text: String, _ replacement: String, _ problem: RecordProblem) async throws {
    try await expect(text, replacement, .joined(Self.id)) { $0 == problem }
  }

  @Test(arguments: [
    (#""state":"joined""#, #""state":"ended""#, "it has ended without a reason"),
    (#""state":"joined""#, #""state":"leaving""#, "it is leaving, without a reason"),
    (#""state":"joined""#, #""state":"launching""#, "it is launching, but was joined before"),
    (#""state":"joined""#, #""state":"reconnecting""#, "it is reconnecting, but waits for nothing"),
    (#""hasJoined":true"#, #""hasJoined":false"#, "it is joined, but was never joined"),
    (#""armed":["#, #""armed":["answer","#, "it is joined, but waits for “answer”"),
    (#""repairs":0"#, #""repairs":-1"#, "its engine was replaced -1 times"),
    (#""repairs":0"#, #""repairs":1000"#, "its engine was replaced 1000 times"),
    (#""repairs":0"#, #""repairs":1"#, "its engine was replaced, but cannot be"),
    (#""unit":"runs""#, #""unit":"starting""#, "its engine is connected, but cannot be"),
    (#""unit":"runs""#, #""unit":"gone""#, "it is joined, but waits for nothing"),
    (#""joinedAt":2"#, #""joinedAt":0"#, "its values contradict each other about when it was joined"),
    (#""sequence":2"#, #""sequence":1"#, "event 1 comes after event 1"),
    (#""sequence":1"#, #""sequence":0"#, "event 0 comes after event 0"),
    (
      #""sequence":2"#, #""sequence":18446744073709551615"#,
      "event 18446744073709551615 is out of range"
    ),
    (#""name":"session-joined""#, #""name":"session-left""#, "its events contradict its end"),
    (#""name":"session-joined""#, #""name":"session-eaten""#, "event 2 has an unknown name"),
    (
      #""launchTimeout":120"#, #""launchTimeout":4294967295"#,
      "its option “launch-timeout”: must be 1 to 3600 seconds, not 4294967295"
    ),
    (#""uri":"sip:a@example.org""#, #""uri":"sip:a\nb@example.org""#, "its address is none"),
    (
      #""uri":"sip:a@example.org""#, #""Uri":"sip:a@example.org""#,
      "it has none of an address, a command and a process, or more than one"
    ),
    (#""title":"Stand-up""#, #""title":"\u001b[2J""#, "what it was launched with cannot be shown as it is"),
    (#""name":"sip""#, #""name":"../sip""#, "its engine's “name” must be 1 to 32 of a-z, 0-9 and -"),
    (#""command":["\/bin\/engine"]"#, #""command":[]"#, "its engine's “command” must begin with an absolute path"),
  ])
  func whatCannotHaveBeen(_ text: String, _ replacement: String, _ problem: String) async throws {
    try await expect(text, replacement, .joined(Self.id)) { $0 == .contradiction(problem) }
  }

  /// Nobody else's unit is ever named to the service manager, whatever a record says.
  @Test(arguments: [
    "dbus.service", "app-ongoingcall-sip@\(other).service", "app-ongoingcall-command@\(id).service",
    "app-ongoingcall-sip@\(id).scope", "", "*", "app-ongoingcall-*.service", "../\(id)",
  ])
  func aUnitThatIsNotItsOwn(_ unit: String) async throws {
    var record = SessionRecord.joined(Self.id)
    record.unit = unit
    try await expect("", "", record) { problem in
      guard case .contradiction(let text) = problem else { return false }
      return text == "its unit is “\(unit)”; its session's is app-ongoingcall-sip@\(Self.id).service"
    }
  }

  @Test func aNameThatNoCallCanHave() {
    var record = SessionRecord.joined(Self.id)
    for name in ["", "work"] {
      record.newName = name
      #expect(record.contradiction(name: record.id) == nil)
    }
    record.newName = "\u{1B}[2J"
    #expect(
      record.contradiction(name: record.id)
        == "its new option “name”: it may contain only letters, digits, “-”, “.” and “_”")
  }

  @Test func aSessionThatIsNotTheFiles() async throws {
    let bytes = try await written(.joined(Self.id))
    for name in [Self.other, "..", "../../etc/passwd", "a/b", "", "7K3M9X2P", "7k3m9x2p\u{301}"] {
      let expected = "its session is “\(Self.id)”, not that of the file name"
      #expect(Self.problem(bytes, name: name) == .contradiction(expected))
    }
    // Its own name is one that no session has: an id is a part of paths and of units' names.
    var record = SessionRecord.joined(Self.id)
    (record.id, record.unit) = ("../../..", "app-ongoingcall-sip@../../...service")
    #expect(record.contradiction(name: record.id) == "its id is invalid")
  }

  @Test func textWithoutEnd() async throws {
    let long = String(repeating: "x", count: 300_000)
    for (text, replacement, problem) in [
      (
        #""title":"Stand-up""#, #""title":"\#(long)""#,
        "its option “title”: it is 300000 bytes long; at most 256 are allowed"
      ),
      (
        #""applicationID":"""#, #""applicationID":"\#(long)""#,
        "its option “application-id”: it is 300000 bytes long; at most 255 are allowed"
      ),
      (
        #""environment":[]"#, #""environment":["\#(long)"]"#,
        "its option “environment”: it is 300000 bytes long; at most 16384 are allowed"
      ),
    ] {
      try await expect(text, replacement, .joined(Self.id)) { $0 == .contradiction(problem) }
    }
  }

  @Test(arguments: ["", "{", "[]", "null", "0", "\u{0}", String(repeating: "[", count: 100_000), "{\"version\":1}"])
  func whatIsNoRecordAtAll(_ text: String) {
    let problem = Self.problem(text.utf8)
    #expect(problem != nil)
    #expect(problem?.description.contains("\u{0}") == false)
  }

  private func expect(
    _ text: String, _ replacement: String, _ record: SessionRecord, _ isRight: (RecordProblem?) -> Bool
  ) async throws {
    let original = String(decoding: try await written(record), as: UTF8.self)
    let changed = text.isEmpty ? original : original.replacing(text, with: replacement, maxReplacements: 1)
    try #require(text.isEmpty || changed != original, "\(original)")
    let problem = Self.problem(changed.utf8)
    #expect(isRight(problem), "\(problem?.description ?? "it was read")")
  }
}

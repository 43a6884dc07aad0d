// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import Glibc
import LinuxFiles
import OngoingCallTestSupport
import Synchronization
import Systemd
import Testing

@testable import OngoingCallDaemon

@Suite struct RecordStoreTests {
  let folder = TemporaryFolder()

  @EventLoopActor
  private func store() throws -> RecordStore {
    try RecordStore(directory: folder["run"], logger: .silent)
  }

  private func contents(_ name: String) -> String? {
    Files.read(folder[name]).map { String(decoding: $0, as: UTF8.self) }
  }

  // MARK: Records

  @Test func aRecordComesBackAsItWas() async throws {
    let records = [SessionRecord.sample(SessionID()), .joined(SessionID()), .ended(SessionID())]
    let (loaded, again) = try await onEventLoop {
      let store = try store()
      for record in records { try store.save(record) }
      // A new daemon.
      let loaded = try self.store().load().records
      for record in records { store.remove(try #require(SessionID(record.id))) }
      return (loaded, try self.store().load().records)
    }
    #expect(loaded == records.sorted { $0.id < $1.id })
    #expect(again == [])
  }

  @Test func authoritiesStayAsLongAsTheRecord() async throws {
    try await onEventLoop {
      let (id, other, unsaved) = (SessionID(), SessionID(), SessionID())
      let store = try store()
      for id in [id, other] { try store.save(.joined(id)) }
      for id in [id, unsaved] { try store.keep(authorities: "of \(id)", of: id) }
      #expect(store.authorities(of: other) == nil)
      // A new daemon.
      let next = try self.store()
      #expect(next.load().records.count == 2)
      #expect(next.authorities(of: unsaved) == nil)
      #expect(next.authorities(of: id).flatMap { Files.read($0) } == Array("of \(id)".utf8))
      next.remove(id)
      #expect(next.authorities(of: id) == nil)
    }
  }

  @Test func whereTheirFolderIsRemovedAllOfThemAreWrittenAgain() async throws {
    let (one, other) = (SessionRecord.joined(SessionID()), SessionRecord.joined(SessionID()))
    let loaded = try await onEventLoop {
      let store = try store()
      for record in [one, other] { try store.save(record) }
      try #require(rename(folder["run/sessions"], folder["moved"]) == 0)
      try store.save(one) { [other] }
      return try self.store().load().records
    }
    #expect(loaded == [one, other].sorted { $0.id < $1.id })
  }

  @Test func everyStateOfALifeComesBack() async throws {
    let id = SessionID()
    let inputs: [SessionLife.Input] = [
      .engineStarted, .report(EngineReport(.ringing)), .report(EngineReport(.joined, muted: true)),
      .report(EngineReport(.reconnecting(.network), onHold: true)), .abort, .unitGone,
    ]
    try await onEventLoop {
      let store = try store()
      var record = SessionRecord.sample(id)
      for input in inputs {
        record.live(input)
        try store.save(record)
        let loaded = store.load().records
        #expect(loaded == [record], "after \(input)")
      }
      #expect(record.life.isOver)
    }
  }

  /// What an engine said last, of which the daemon makes a line, may be nothing that can be seen.
  @Test(arguments: ["", " ", "\n", "it ended: ", "  two  ", "\u{1B}[31m", "\u{202E}", "no\u{2028}"])
  func whateverWasSaidOfItsEndItComesBack(_ text: String) async throws {
    let ids = [SessionID(), SessionID(), SessionID()]
    let (records, loaded) = try await onEventLoop {
      let store = try store()
      var lost = SessionRecord.joined(ids[0])
      var held = SessionRecord.joined(ids[1])
      var recorded = SessionRecord.joined(ids[2])
      lost.live(.engineLost(.engineCrash, detail: text))
      held.tell(.holdRefused(detail: text))
      recorded.tell(.recordingStopped(.failed, detail: text))
      recorded.tell(.transferRequested(address: text))
      recorded.tell(.transferFailed(detail: text))
      let records = [lost, held, recorded].sorted { $0.id < $1.id }
      for record in records { try store.save(record) }
      return (records, store.load().records)
    }
    #expect(loaded == records)
  }

  @Test func onlyTheUserMayLookAtThem() async throws {
    let id = SessionID()
    try await onEventLoop {
      let store = try store()
      try store.save(.sample(id))
      try store.saveHistory(EventHistory())
    }
    for (name, mode) in [
      ("run", 0o700), ("run/sessions", 0o700), ("run/sessions/\(id).json", 0o600), ("run/history.json", 0o600),
    ] as [(String, mode_t)] {
      var status = stat()
      #expect(stat(folder[name], &status) == 0)
      #expect(status.st_mode & 0o777 == mode, "\(name)")
    }
  }

  /// However much an engine says, a new daemon can read it.
  @Test func theLargestRecordCanBeRead() async throws {
    let id = SessionID()
    try await onEventLoop {
      let store = try store()
      var record = SessionRecord.ended(id)
      let (end, last) = (try #require(record.events.last), UInt64(Limit.eventsInRecord))
      record.events = (1..<last).map {
        RecordedEvent(.onHoldChanged(true), sequence: $0, time: .max, session: SessionID(record.id) ?? id)
      }
      record.events.append(end)
      record.events[record.events.count - 1].sequence = last
      record.resume = String(repeating: "\"", count: 32 * 1024)
      try store.save(record)
      let isSame = store.load().records == [record]
      #expect(isSame)
    }
  }

  private func status(_ name: String) -> stat? {
    var status = stat()
    return stat(folder[name], &status) == 0 ? status : nil
  }

  /// So it can be written where the file system is full.
  @Test func aRecordIsWrittenInTheRoomThatItHas() async throws {
    let id = SessionID()
    try await onEventLoop {
      let store = try store()
      let names = ["run/sessions/\(id).json", "run/sessions/\(id).json.new"]
      var record = SessionRecord.sample(id)
      try store.save(record)
      let first = try names.map { try #require(status($0)) }
      #expect(first[0].st_size == first[1].st_size && first[0].st_blocks == first[1].st_blocks)
      for input in [.engineStarted, .report(EngineReport(.joined)), .abort] as [SessionLife.Input] {
        let before = try names.map { try #require(status($0)) }
        record.live(input)
        record.resume = (record.resume ?? "") + String(repeating: "\"", count: 1024)
        try store.save(record)
        #expect(store.load().records == [record])
        let after = try names.map { try #require(status($0)) }
        #expect(after.map(\.st_ino) == before.reversed().map(\.st_ino))
        #expect(after.map(\.st_size) == first.map(\.st_size))
        #expect(after.map(\.st_blocks) == first.map(\.st_blocks))
      }
      store.remove(id)
      #expect(names.allSatisfy { status($0) == nil })
    }
  }

  @Test func aRecordThatHasGrownTakesMoreRoomForBothItsFiles() async throws {
    let id = SessionID()
    try await onEventLoop {
      let store = try store()
      var record = SessionRecord.sample(id)
      try store.save(record)
      record.resume = String(repeating: "x", count: 2 * ReservedFile.slack)
      try store.save(record)
      let (one, other) = (status("run/sessions/\(id).json"), status("run/sessions/\(id).json.new"))
      #expect(one?.st_size == other?.st_size)
      #expect(store.load().records == [record])
    }
  }

  @Test func aRecordWithoutRoomIsAnErrorAndTheOldOneStays() async throws {
    let id = SessionID()
    try await onEventLoop {
      let store = try store()
      try store.save(.sample(id))
      let spare = folder["run/sessions/\(id).json.new"]
      #expect(unlink(spare) == 0 && symlink("/dev/full", spare) == 0)
      #expect(throws: SystemError("write \(spare)", errno: ENOSPC)) { try store.save(.joined(id)) }
      #expect(store.load().records == [.sample(id)])
    }
  }

  // MARK: The history

  @Test func theHistoryComesBackAsItWas() async throws {
    let id = SessionID()
    let history = EventHistory((1...3).map { RecordedEvent(.joined, sequence: $0, time: $0, session: id) })
    try await onEventLoop {
      let store = try store()
      #expect(store.loadHistory() == EventHistory())
      try store.saveHistory(history)
      #expect(store.loadHistory() == history)
      var later = history
      later.skip(to: 10)
      try store.saveHistory(later)
      #expect(store.loadHistory() == later)
    }
  }

  @Test func theLargestHistoryCanBeRead() async throws {
    let id = SessionID()
    let history = EventHistory((1...UInt64(Limit.events)).map { RecordedEvent.large($0, id) })
    let isSame = try await onEventLoop {
      let store = try store()
      try store.saveHistory(history)
      return store.loadHistory() == history
    }
    #expect(isSame)
  }

  // MARK: Files

  /// What a thread that reads all the time has seen.
  private final class Reader: Sendable {
    let path: String
    let versions: [[UInt8]]
    let reads = Atomic<Int>(0)
    let torn = Atomic<Int>(0)
    let isDone = Atomic<Bool>(false)

    init(_ path: String, _ versions: [[UInt8]]) {
      self.path = path
      self.versions = versions
    }

    func run() {
      while !isDone.load(ordering: .relaxed) {
        let contents = Files.read(path)
        if contents.map(versions.contains) != true { torn.add(1, ordering: .relaxed) }
        reads.add(1, ordering: .relaxed)
      }
    }
  }

  @Test func aReaderNeverSeesAHalfWrittenFile() throws {
    let reader = Reader(
      folder["file"], [[UInt8](repeating: 1, count: 300_000), [UInt8](repeating: 2, count: 200_000)])
    try Files.write(reader.versions[0], to: reader.path)
    var thread = pthread_t()
    let made = pthread_create(
      &thread, nil,
      { argument in
        if let argument { Unmanaged<Reader>.fromOpaque(argument).takeUnretainedValue().run() }
        return nil
      }, Unmanaged.passUnretained(reader).toOpaque())
    try #require(made == 0)
    var writes = 0
    while writes < 200 || reader.reads.load(ordering: .relaxed) < 50 {
      try Files.write(reader.versions[writes % 2], to: reader.path)
      writes += 1
    }
    reader.isDone.store(true, ordering: .relaxed)
    pthread_join(thread, nil)
    #expect(reader.torn.load(ordering: .relaxed) == 0)
  }

  @Test func aFileThatCannotBeWrittenKeepsItsContents() throws {
    folder.makeFolder("folder")
    #expect(throws: SystemError("create /nonexistent/file.new", errno: ENOENT)) {
      try Files.write([1], to: "/nonexistent/file")
    }
    #expect(throws: SystemError("replace \(folder["folder"])", errno: EISDIR)) {
      try Files.write([1], to: folder["folder"])
    }
    // A full disk: the old contents stay.
    #expect(symlink("/dev/full", folder["file.new"]) == 0)
    folder.write("old", to: "file")
    #expect(throws: SystemError("write \(folder["file"]).new", errno: ENOSPC)) {
      try Files.write(Array("new".utf8), to: folder["file"])
    }
    #expect(contents("file") == "old")
  }

  @Test func aDirectoryThatCannotBeMadeIsAnError() async throws {
    folder.write("", to: "file")
    let path = folder["file/run"]
    let error: SystemError? = try await onEventLoop {
      do throws(SystemError) {
        _ = try RecordStore(directory: path, logger: .silent)
        return nil
      } catch { return error }
    }
    #expect(error == SystemError("create the directory \(path)", errno: ENOTDIR))
  }
}

// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import EngineChannel
import Glibc
import LinuxFiles
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

/// A process becomes a call, and what else is asked for is refused. The processes are real.
@Suite(.timeLimit(.minutes(1))) struct AdoptionTests: CallsSuite {
  let engines = EngineFolder()

  // MARK: Its life

  @Test func itIsJoinedAtOnceAndEndsWithItsProcess() async throws {
    try await calls { calls in
      let process = SleepingProcess()
      let session = try await calls.adopt(process, ["token": .string("mine")]).get()
      #expect(session.life.state == .joined && session.life.isAdopted)
      #expect(session.record.unit == "app-ongoingcall-adopted-\(session.id).scope")
      #expect(session.spec.title == "sleep" && session.spec.hangUpGrace == 5 && session.spec.engine.name == "")
      #expect(calls.service.history.events.map(\.name) == ["session-launched", "session-joined"])
      #expect(calls.store.load().records == [session.record])
      let started = calls.units.requests.waiting
      #expect(started.map(\.member) == ["StartTransientUnit"])
      #expect(started.first?.property("PIDs") == .array([.uint32(UInt32(process.pid))], of: "u"))
      #expect(started.first?.property("Delegate") == .bool(true))
      // The same launch is the same call.
      #expect(try await calls.adopt(process, ["token": .string("mine")]).get() === session)
      process.kill()
      await session.over()
      #expect(session.life.end == SessionEnd(event: .left, reason: .exited))
      #expect(calls.started() == 1)
    }
  }

  @Test func itIsAskedBeforeItsUnitIsStopped() async throws {
    try await calls { calls in
      let process = SleepingProcess()
      let session = try await calls.adopt(process, ["hang-up-grace": .uint32(1)]).get()
      session.handle(.hangUp)
      session.handle(.hangUp)
      #expect(session.life.state == .leaving)
      let asked = calls.service.history.events.last
      #expect(asked?.name == "hang-up-requested" && asked?.grace == 1_000_000)
      _ = await calls.units.requests.next()
      #expect(await calls.units.requests.next()?.member == "StopUnit")
      #expect(ProcessStatus(of: process.pid)?.isZombie == false)
      process.kill()
      await session.over()
      #expect(calls.service.history.events.map(\.name).suffix(2) == ["hang-up-requested", "session-left"])
      #expect(session.life.end?.reason == .hungUp)
    }
  }

  /// Whoever has taken it out of its unit has not taken it out of the call.
  @Test func itIsEndedThoughItsUnitIsGone() async throws {
    try await calls { calls in
      let process = SleepingProcess()
      let session = try await calls.adopt(process, ["hang-up-grace": .uint32(1)]).get()
      try calls.units.remove(session.record.unit)
      session.handle(.hangUp)
      await session.over()
      #expect(session.life.end?.reason == .hungUp)
      #expect(ProcessStatus(of: process.pid)?.isZombie == true)
    }
  }

  @Test func anAbortLetsItGoAndItMayBeAdoptedAgain() async throws {
    try await calls { calls in
      let process = SleepingProcess()
      let session = try await calls.adopt(process).get()
      #expect(await calls.adopt(process).problem?.contains("already belongs to the call \(session.id)") == true)
      session.handle(.abort)
      #expect(session.life.isOver && session.life.end?.reason == .aborted)
      #expect(ProcessStatus(of: process.pid)?.isZombie == false)
      let again = try await calls.adopt(process).get()
      #expect(again.id != session.id)
      #expect(calls.units.requests.waiting.map(\.member) == ["StartTransientUnit", "StartTransientUnit"])
    }
  }

  @Test func whatOnlyAnEngineCanDoIsNotSupported() async throws {
    try await calls { calls in
      let process = SleepingProcess()
      let session = try await calls.adopt(process).get()
      let problem = CallRefusal.notSupported(
        "the call \(session.id) is an adopted process, which must do this itself")
      #expect(throws: problem) { try session.wish(.mute(true), needs: .mute) }
      let terminal = CallRefusal.notSupported(
        "the call \(session.id) is an adopted process, whose terminal, if any, belongs to another program")
      #expect(throws: terminal) { _ = try session.attachTerminal() }
      #expect(throws: terminal) { try session.sendKeys("x") { _ in } }
    }
  }

  // MARK: What is refused

  @Test func aSnapIsNotMovedAwayFromWhatKeepsItFromDevices() async throws {
    try await onEventLoop {
      let process = SleepingProcess()
      let option = [("adopt-pid", BusValue.uint32(UInt32(process.pid)))]
      let request = try #require(try LaunchOptions(option).adoption())
      let error = #expect(throws: CallRefusal.self) {
        try request.check(moving: .sandboxed(Sandbox(.snap, "snap.phone")))
      }
      #expect(error?.name == BusErrorName.notSupported)
      #expect(error?.message.contains("the process \(process.pid) (sleep) belongs to a snap (snap.phone)") == true)
      #expect(error?.message.contains("launch the call by “uri”") == true)
      try request.check(moving: .sandboxed(Sandbox(.flatpak, "org.example.Phone")))
      try request.check(moving: .unconfined)
    }
  }

  @Test func whatIsNoProcessThatMayBeACall() async throws {
    try await calls { calls in
      let (process, gone) = (SleepingProcess(), SleepingProcess())
      let ended = try ProcessHandle(of: gone.pid)
      let dead = SleepingProcess()
      dead.kill()
      while ProcessStatus(of: dead.pid)?.isZombie == false { sched_yield() }
      gone.end()
      let lives = try ProcessHandle(of: process.pid)
      let file = open("/dev/null", O_RDONLY | O_CLOEXEC)
      defer { close(file) }
      let thread = try #require(Files.names(in: "/proc/self/task").compactMap { UInt32($0) }.first { $0 != getpid() })
      let keeper = "keeps the calls, so it cannot be a call"
      for (options, problem) in [
        (["adopt-pid": .uint32(0)], "0 is not a process ID"),
        (["adopt-pid": .uint32(.max)], "\(UInt32.max) is not a process ID"),
        (["adopt-pid": .uint32(UInt32(gone.pid))], "there is no process with the ID \(gone.pid)"),
        (["adopt-pid": .uint32(UInt32(dead.pid))], "the process \(dead.pid) has exited"),
        (
          ["adopt-pid": .uint32(thread)],
          "\(thread) is a thread of the process \(getpid()); give the ID of that process"
        ),
        (["adopt-pid": .uint32(1)], keeper),
        (["adopt-pid": .uint32(UInt32(getpid()))], keeper),
        (["adopt-pid": .uint32(UInt32(getppid()))], keeper),
        (["adopt-pidfd": .descriptor(BusDescriptor(borrowing: ended.descriptor))], "its process has exited"),
        (
          ["adopt-pidfd": .descriptor(BusDescriptor(borrowing: file))],
          "it is not a process descriptor; get one with pidfd_open(2)"
        ),
        (
          [
            "adopt-pidfd": .descriptor(BusDescriptor(borrowing: lives.descriptor)),
            "adopt-pid": .uint32(UInt32(process.pid)),
          ], "not both"
        ),
        (["hang-up-grace": .uint32(5), "command": .strings([calls.program])], "only for an adopted process"),
      ] as [([String: BusValue], String)] {
        let found = await calls.launch(options).problem
        #expect(found?.contains(problem) == true, "\(found ?? "it was launched"), and not: \(problem)")
      }
      #expect(calls.units.requests.waiting.isEmpty && calls.service.sessions.isEmpty)
      #expect(calls.store.load().records.isEmpty)
    }
  }

  @Test(
    arguments: [
      ("uri", .string("sip:a@example.org")), ("command", .strings(["/bin/true"])), ("terminal", .bool(false)),
      ("working-directory", .string("/")), ("environment", .strings([])), ("engine", .string("command")),
      ("engine-settings", .array([], of: "{ss}")), ("start-muted", .bool(false)), ("launch-timeout", .uint32(5)),
      ("reconnect-timeout", .uint32(5)), ("alone-timeout", .uint32(5)), ("hang-up-grace", .uint32(0)),
      ("hang-up-grace", .uint32(61)),
    ] as [(String, BusValue)])
  func anOptionThatDoesNotGoWithIt(_ name: String, _ value: BusValue) async throws {
    try await calls { calls in
      let process = SleepingProcess()
      let found = await calls.adopt(process, [name: value]).problem
      #expect(found?.hasPrefix("option “\(name)”: ") == true, "\(found ?? "it was launched")")
      #expect(calls.units.requests.waiting.isEmpty && calls.service.sessions.isEmpty)
    }
  }

  @Test func aUnitThatCannotBeMadeLeavesNothing() async throws {
    try await calls { calls in
      calls.units.jobResult = "failed"
      let process = SleepingProcess()
      let problem = await calls.adopt(process).problem
      #expect(problem?.hasPrefix("cannot adopt the process \(process.pid): ") == true)
      #expect(calls.store.load().records.isEmpty && calls.service.sessions.isEmpty)
      process.kill()
      try await calls.peers.settle()
      #expect(calls.service.history.events.isEmpty)
    }
  }

  // MARK: The next daemon

  @Test func aNewDaemonGoesOnByWhatWasStored() async throws {
    try await calls { calls in
      let process = SleepingProcess()
      let record = try SessionRecord.adopted(process.pid)
      try calls.store.save(record)
      let stored = try ProcessHandle(of: process.pid)
      let name = StoredFD.process(record.id)
      try await calls.service.recover(stored: [(name, fcntl(stored.descriptor, F_DUPFD_CLOEXEC, 3))])
      let session = try calls.service.session("")
      #expect(session.record == record)
      process.kill()
      await session.over()
      #expect(session.life.end?.reason == .exited)
      #expect(calls.units.requests.waiting.isEmpty)
    }
  }

  /// By number and start; and by nothing else.
  @Test func aNewDaemonGoesOnWhereTheStoreLostIt() async throws {
    try await calls { calls in
      let (process, other) = (SleepingProcess(), SleepingProcess())
      let lost = try SessionRecord.adopted(process.pid)
      var later = try SessionRecord.adopted(other.pid)
      later.spec.process?.startTime += 1
      var rebooted = try SessionRecord.adopted(other.pid)
      rebooted.spec.process?.boot = "another"
      for record in [lost, later, rebooted] { try calls.store.save(record) }
      // What has the name of the first is another process's.
      let stored = try ProcessHandle(of: other.pid)
      let name = StoredFD.process(lost.id)
      try await calls.service.recover(stored: [(name, fcntl(stored.descriptor, F_DUPFD_CLOEXEC, 3))])
      #expect(calls.service.live.map(\.record.id) == [lost.id])
      for record in [later, rebooted] {
        #expect(try calls.service.session(record.id).life.end == SessionEnd(event: .left, reason: .exited))
      }
      #expect(ProcessStatus(of: other.pid)?.isZombie == false)
      #expect(calls.units.requests.waiting.isEmpty)
      process.kill()
      try await calls.service.session(lost.id).over()
    }
  }

  /// Whoever asked for it was never told, and asks again.
  @Test func oneThatWasNotMovedYetIsForgotten() async throws {
    try await calls { calls in
      let process = SleepingProcess()
      var record = try SessionRecord.adopted(process.pid)
      record.life = SessionLife(hangUpGrace: 5)
      (record.events, record.joinedAt, record.joinedAtBoottime) = ([], 0, 0)
      try calls.store.save(record)
      try await calls.service.recover(stored: [])
      #expect(calls.service.sessions.isEmpty && calls.store.load().records.isEmpty)
      #expect(ProcessStatus(of: process.pid)?.isZombie == false)
    }
  }

  @Test(arguments: ["grace", "number", "engine", "address", "unit", "life"])
  func whatCannotBeInItsRecord(_ what: String) throws {
    let process = SleepingProcess()
    var record = try SessionRecord.adopted(process.pid)
    #expect(record.contradiction(name: record.id) == nil)
    switch what {
    case "grace": record.spec.hangUpGrace = 61
    case "number": record.spec.process?.pid = 1
    case "engine": record.spec.engine.name = "sip"
    case "address": record.spec.uri = "sip:a@example.org"
    case "unit": record.unit = EngineUnit.name(engine: "", session: record.id)
    default: record.life = SessionRecord.joined(try #require(SessionID(record.id))).life
    }
    #expect(record.contradiction(name: record.id) != nil)
  }
}

extension SessionRecord {
  /// A session that is joined, of a process that runs.
  fileprivate static func adopted(_ pid: Int32) throws -> SessionRecord {
    let id = SessionID()
    var spec = LaunchSpec(engine: .none, title: "Stand-up")
    spec.process = ProcessIdentity(pid: pid, try #require(ProcessStatus(of: pid)))
    spec.hangUpGrace = 5
    var record = SessionRecord(
      id: id.description, unit: spec.unit(of: id.description), spec: spec, life: SessionLife(hangUpGrace: 5),
      launchedAt: 1)
    record.live(.engineStarted)
    return record
  }
}

extension Session {
  fileprivate func over() async { await withCheckedContinuation { over in whenOver { over.resume() } } }
}

extension Result where Failure == CallRefusal {
  fileprivate var problem: String? { if case .failure(let error) = self { error.message } else { nil } }
}

extension ServiceManagerStandIn.Request {
  /// A property that a transient unit is given.
  fileprivate func property(_ name: String) -> BusValue? {
    for case .structure(let pair) in arguments[2].asArray ?? [] where pair.first?.asString == name {
      if case .variant(let value) = pair[1] { return value }
    }
    return nil
  }
}

extension Calls {
  fileprivate func adopt(
    _ process: SleepingProcess, _ options: [String: BusValue] = [:]
  ) async -> Result<Session, CallRefusal> {
    await launch(options.merging(["adopt-pid": .uint32(UInt32(process.pid))]) { $1 })
  }
}

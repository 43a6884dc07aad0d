// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import Glibc
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

/// A new service finds what an earlier one left, or what somebody else put there.
@Suite(.timeLimit(.minutes(1))) struct CallsRecoveryTests: CallsSuite {
  let engines = EngineFolder()

  @Test func aNewServiceGoesOnWithWhatLivesAndClearsAwayTheRest() async throws {
    try await calls { calls in
      let lives = SessionRecord.joined(SessionID())
      let gone = SessionRecord.joined(SessionID())
      let over = SessionRecord.ended(SessionID())
      let never = SessionRecord.sample(SessionID())
      for record in [lives, gone, over, never] { try calls.store.save(record) }
      let stray = EngineUnit.name(engine: "sip", session: SessionID().description)
      calls.units.units = [lives.unit, stray]
      let (channel, engine) = EngineEnd.pair()
      let (nobodys, other) = EngineEnd.pair()
      let stored = [(StoredFD.channel(lives.id), channel), (StoredFD.channel("unknown"), nobodys)]
      try await calls.service.recover(stored: stored.map { (name: $0.0, descriptor: $0.1) })

      #expect(Set(calls.service.sessions.keys.map(\.description)) == [lives.id, gone.id, over.id])
      #expect(calls.service.live.map(\.id.description) == [lives.id])
      #expect(Set(calls.store.load().records.map(\.id)) == [lives.id, gone.id, over.id])
      #expect(await other.hear(1) == [])
      #expect(await engine.hear(3).last == #"{"type":"report"}"#)
      // Only what belongs to nobody is stopped.
      #expect(
        calls.units.requests.waiting == [.init(member: "StopUnit", arguments: [.string(stray), .string("replace")])])
      // The events go on where they were.
      #expect(calls.service.history.events.map(\.sequence) == [1, 2, 3, 4])
      #expect(calls.service.history.events.last?.name == "connection-closed")
      #expect(calls.service.isHealthy)
      let next = try await calls.launch().get()
      #expect(calls.service.history.sequence == 5)
      #expect(calls.service.live.count == 2)
      withExtendedLifetime(next) {}
    }
  }

  /// The unit is stopped and the channel closed, each of them a call to leave gracefully; another call goes on.
  @Test func aCallWhoseRecordIsSpoiledIsEndedAndNoOther() async throws {
    let folder = engines.folder
    try await calls { calls in
      let (spoiled, lives) = (SessionRecord.joined(SessionID()), SessionRecord.joined(SessionID()))
      for record in [spoiled, lives] { try calls.store.save(record) }
      folder.write("{", to: "run/sessions/\(spoiled.id).json")
      let (channel, engine) = EngineEnd.pair()
      let (other, otherEngine) = EngineEnd.pair()
      calls.units.units = [lives.unit, spoiled.unit]
      try await calls.service.recover(
        stored: [(StoredFD.channel(spoiled.id), channel), (StoredFD.channel(lives.id), other)])
      #expect(calls.service.sessions.values.map(\.record.id) == [lives.id])
      #expect(await engine.hear(1) == [])
      #expect(await otherEngine.hear(3).last == #"{"type":"report"}"#)
      #expect(calls.units.requests.waiting == [.stop(spoiled.unit)])
      // What it counted is lost, and none of its numbers comes again, now or after the next daemon.
      #expect(calls.service.history.sequence == 2 + Limit.lostEvents)
      #expect(calls.service.history.since(2).isEmpty && calls.service.history.forgotten == 2 + Limit.lostEvents)
      #expect(calls.service.isHealthy)
      let history = calls.store.loadHistory()
      #expect(history?.sequence == 2 + Limit.lostEvents)
    }
  }

  /// As where their folder was moved away. What they have counted is not known.
  @Test func aCallRunsAndThereAreNoRecords() async throws {
    try await calls { calls in
      let stray = EngineUnit.name(engine: "sip", session: SessionID().description)
      calls.units.units = [stray]
      try await calls.service.recover(stored: [])
      #expect(calls.units.requests.waiting == [.stop(stray)])
      #expect(calls.service.history.sequence == Limit.lostEvents)
      #expect(calls.store.loadHistory()?.sequence == Limit.lostEvents)
      #expect(calls.service.isHealthy)
    }
  }

  @Test func unitsOfOthersAreLeftAlone() async throws {
    try await calls { calls in
      let stray = EngineUnit.name(engine: "web-rtc", session: SessionID().description)
      calls.units.units = [
        stray, "dbus.service", "app-ongoingcall-tray@autostart.service", "app-ongoingcall-viewer.service",
        "app-ongoingcall-sip@.service", "app-ongoingcall-sip@7K3M9X2P.service", "app-ongoingcall-sip@7k3m9x2p1.service",
      ]
      try await calls.service.recover(stored: [])
      #expect(calls.units.requests.waiting == [.stop(stray)])
    }
  }

  /// What no daemon of ours has stored is closed, whatever it is and is called.
  @Test func storedDescriptorsThatAreNoChannels() async throws {
    try await calls { calls in
      let lives = SessionRecord.joined(SessionID())
      try calls.store.save(lives)
      calls.units.units = [lives.unit]
      let (channel, engine) = EngineEnd.pair()
      let (second, secondEngine) = EngineEnd.pair()
      let odd = ["", "stored", "channel", "channel.", "channel.../../etc", "pidfd.\(lives.id)", "channel.00000000"]
      var ends: [Int32] = []
      let closed: [(name: String, descriptor: Int32)] = odd.map { name in
        var pipe: [Int32] = [-1, -1]
        #expect(Glibc.pipe(&pipe) == 0 && fcntl(pipe[0], F_SETFL, O_NONBLOCK) == 0)
        ends.append(pipe[0])
        return (name, pipe[1])
      }
      let name = StoredFD.channel(lives.id)
      try await calls.service.recover(stored: closed + [(name, channel), (name, second)])
      // The newest of a name comes first.
      #expect(await engine.hear(3).last == #"{"type":"report"}"#)
      #expect(await secondEngine.hear(1) == [])
      // By the other end of the pipe: its number may be another's by now.
      for (name, end) in zip(odd, ends) {
        var byte: UInt8 = 0
        #expect(read(end, &byte, 1) == 0, "\(name)")
        close(end)
      }
      #expect(calls.service.live.map(\.record.id) == [lives.id])
      #expect(calls.units.requests.waiting == [])
    }
  }

  enum Wrong: CaseIterable { case file, device, pipe, datagram, listener, unconnected }

  /// A channel that is none is a channel that is lost: its call ends, and the daemon goes on.
  @Test(arguments: Wrong.allCases) func aChannelOfTheWrongKind(_ wrong: Wrong) async throws {
    try await calls { calls in
      let lives = SessionRecord.joined(SessionID())
      try calls.store.save(lives)
      calls.units.units = [lives.unit]
      try await calls.service.recover(stored: [(StoredFD.channel(lives.id), Self.descriptor(wrong))])
      for _ in 0..<2 { try await calls.peers.settle() }
      let session = try calls.service.session(lives.id)
      #expect(session.life.end?.reason == .engineFailed)
      #expect(calls.units.requests.waiting == [.stop(lives.unit)])
      try calls.units.remove(lives.unit)
      for _ in 0..<2 { try await calls.peers.settle() }
      #expect(session.life.isOver)
      #expect(calls.service.isHealthy)
    }
  }

  private static func descriptor(_ wrong: Wrong) -> Int32 {
    let stream = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    switch wrong {
    case .file: return open("/proc/self/exe", O_RDONLY | O_CLOEXEC)
    case .pipe:
      var ends: [Int32] = [-1, -1]
      _ = pipe(&ends)
      close(ends[1])
      return ends[0]
    case .device: return open("/dev/zero", O_RDWR | O_CLOEXEC)
    case .datagram:
      var ends: [Int32] = [-1, -1]
      _ = socketpair(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends)
      close(ends[1])
      return ends[0]
    case .listener:
      let socket = socket(AF_UNIX, stream, 0)
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      // Bound by the kernel to a name in the abstract namespace.
      _ = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(socket, $0, socklen_t(2)) }
      }
      listen(socket, 1)
      return socket
    case .unconnected: return socket(AF_UNIX, stream, 0)
    }
  }
}

extension ServiceManagerStandIn.Request {
  fileprivate static func stop(_ unit: String) -> Self {
    Self(member: "StopUnit", arguments: [.string(unit), .string("replace")])
  }
}

// SPDX-License-Identifier: Apache-2.0
import CallModel
import FoundationEssentials
import Glibc
import OngoingCallTestSupport
import Synchronization
import Testing

@testable import OngoingCall

/// Somebody else is on the bus, and sends what is not theirs to send.
@Suite(.timeLimit(.minutes(2))) struct ForgeryTests {
  /// A bus of either kind with a daemon, a forger and a client.
  struct World {
    let bus: PrivateBus
    let daemon: ScriptedDaemon
    let forger: Forger
    let client: CallsClient

    init(_ kind: PrivateBus.Kind, limit: Duration? = nil) throws {
      bus = try PrivateBus(kind, services: [BusName.service: "/bin/true"])
      daemon = try ScriptedDaemon(on: bus)
      forger = try Forger(to: bus.address)
      client = CallsClient(on: bus, limit: limit)
    }

    /// Has the forger do something after the question `Describe` has come to the daemon, and before its answer.
    func amidst(_ act: @escaping @Sendable (Forger, _ victim: String) throws -> Void) {
      let forger = forger
      daemon.on("Describe") { request in
        do {
          try act(forger, request.sender)
          try Self.settle(forger)
        } catch { return [.fail("org.example.Problem", "\(error)")] }
        return [.reply([.string("{}")])]
      }
    }

    struct ThrownOut: Error {}

    /// Returns when the bus has passed on all that was sent.
    static func settle(_ forger: Forger) throws {
      forger.waitForBus()
      forger.discard()
      guard forger.isLetIn else { throw ThrownOut() }
    }

    func event(_ id: String, _ sequence: UInt64) -> [BusValue] {
      [.uint64(sequence), .uint64(1), .string("session-left"), .dictionary([:])]
    }
  }

  // MARK: Answers

  @Test(arguments: PrivateBus.Kind.allCases)
  func anAnswerCountsFromWhomItWasAsked(kind: PrivateBus.Kind) throws {
    let world = try World(kind)
    world.amidst { forger, victim in forger.answer(of: victim, [.string("forged")]) }
    #expect(try world.client.describe() == "{}")
  }

  @Test(
    arguments: PrivateBus.Kind.allCases,
    [BusErrorName.noSuchSession, "org.freedesktop.DBus.Error.ServiceUnknown", "org.freedesktop.DBus.Error.NoReply"])
  func noMoreDoesAnError(kind: PrivateBus.Kind, error: String) throws {
    let world = try World(kind)
    world.amidst { forger, victim in forger.fail(of: victim, error) }
    #expect(try world.client.describe() == "{}")
    #expect(world.daemon.requests("Describe").count == 1)
  }

  @Test(arguments: PrivateBus.Kind.allCases)
  func norInALibrary(kind: PrivateBus.Kind) async throws {
    let world = try World(kind)
    let desk = App.desk(on: world.bus)
    let session = try await desk.join(App.address, SessionSettings(), nil)
    let forger = world.forger
    world.daemon.on("SetMuted") { request in
      forger.fail(of: request.sender, BusErrorName.sessionEnded)
      try? World.settle(forger)
      return [.fail(BusErrorName.notSupported, "really")]
    }
    await #expect(throws: CallsError.refused(name: BusErrorName.notSupported, message: "really")) {
      try await session.muteAudio()
    }
  }

  /// Of the bus as well: who owns a name is asked of it before anything else.
  @Test(arguments: PrivateBus.Kind.allCases)
  func theBusIsNobodyElse(kind: PrivateBus.Kind) throws {
    let world = try World(kind)
    let connection = try BusConnection(address: world.bus.address)
    let describe = BusCall(
      to: BusName.service, path: BusName.rootPath, interface: BusName.managerInterface, member: "Describe")
    let other = try ScriptedDaemon(on: world.bus, owning: "org.example.Other")
    other.on("Who") { _ in [.reply([.string("other")])] }
    world.amidst { forger, victim in
      // For all that is asked later.
      forger.answer(1...200, of: victim, [.string(forger.name)])
      forger.signal(
        "NameOwnerChanged", to: victim, path: "/org/freedesktop/DBus", interface: "org.freedesktop.DBus",
        values: [.string("org.example.Other"), .string(""), .string(forger.name)])
      forger.signal(
        "NameOwnerChanged", to: victim, path: "/org/freedesktop/DBus", interface: "org.freedesktop.DBus",
        values: [.string(BusName.service), .string(""), .string(forger.name)])
    }
    let deadline = Deadline(in: .seconds(20))
    #expect(try connection.call(describe, until: deadline) == [.string("{}")])
    let who = BusCall(to: "org.example.Other", path: "/", interface: "org.example.Other", member: "Who")
    #expect(try connection.call(who, until: deadline) == [.string("other")])
    #expect(try connection.owner(of: BusName.service, until: deadline) != world.forger.name)
    #expect(try connection.call(describe, until: deadline) == [.string("{}")])
  }

  /// A daemon that comes after the one that was asked answers all the same.
  @Test(arguments: PrivateBus.Kind.allCases)
  func aQuestionWaitsForTheNextDaemon(kind: PrivateBus.Kind) throws {
    let world = try World(kind)
    world.daemon.on("Describe") { request in
      request.earlier < 3 ? [.restart] : [.reply([.string("{\"there\":true}")])]
    }
    #expect(try world.client.describe() == "{\"there\":true}")
    #expect(world.daemon.requests("Describe").count == 4)
    try world.daemon.perform(.restart)
    #expect(try world.client.describe() == "{\"there\":true}")
  }

  @Test(arguments: PrivateBus.Kind.allCases) @BusActor
  func aQuestionWaitsForADaemonThatIsNotThereYet(kind: PrivateBus.Kind) async throws {
    let bus = try PrivateBus(kind, services: [BusName.service: "/bin/true"])
    let client = AsyncClient(
      connect: { [address = bus.address] deadline throws(CallsError) in
        try BusConnection(address: address, until: deadline)
      }, tell: { _ in })
    let question = Task { try await client.ask(.describe) }
    // The actor's jobs are done in order: it is asked now.
    await Task {}.value
    #expect(!client.daemonIsThere)
    let daemon = try ScriptedDaemon(on: bus)
    #expect(try await question.value == "{}")
    #expect(client.daemonIsThere && daemon.requests("Describe").count == 1)
  }

  // MARK: Signals

  @Test(arguments: PrivateBus.Kind.allCases)
  func aSignalCountsFromTheDaemonAlone(kind: PrivateBus.Kind) throws {
    let world = try World(kind)
    try world.client.watch()
    world.amidst { [event = world.event("abcd0000", 9)] forger, victim in
      forger.signal(
        "NameOwnerChanged", to: victim, path: "/org/freedesktop/DBus", interface: "org.freedesktop.DBus",
        values: [.string(BusName.service), .string(""), .string(forger.name)])
      forger.signal(
        "Event", to: victim, path: BusName.sessionPath("abcd0000"), interface: BusName.sessionInterface, values: event)
    }
    _ = try world.client.describe()
    try world.daemon.perform(.event("abcd0000", "session-joined", sequence: 1))
    let change = try world.client.nextChange(until: Deadline(in: .seconds(20)))
    guard case .happening(let happening)? = change else {
      Issue.record("\(String(describing: change))")
      return
    }
    #expect(happening.name == "session-joined")
    // Also of the one that comes after it.
    try world.daemon.perform(.restart)
    for _ in 0..<2 { #expect(try world.client.nextChange(until: Deadline(in: .seconds(20))) == .daemonChanged) }
    _ = try world.client.describe()
    try world.daemon.perform(.event("abcd0000", "session-joined", sequence: 1))
    #expect(try world.client.nextChange(until: Deadline(in: .seconds(20))) == change)
    #expect(try world.client.nextChange(until: Deadline(in: .milliseconds(50))) == nil)
  }

  @Test(arguments: PrivateBus.Kind.allCases)
  func aFloodKeepsNoSignalOut(kind: PrivateBus.Kind) throws {
    let world = try World(kind)
    try world.client.watch()
    try world.daemon.perform(.event("abcd0000", "session-joined", sequence: 1))
    world.amidst { [event = world.event("abcd0000", 9)] forger, victim in
      for round in 1...4000 {
        forger.signal(
          "Event", to: victim, path: BusName.sessionPath("abcd0000"), interface: BusName.sessionInterface, values: event
        )
        if round % 100 == 0 { try World.settle(forger) }
      }
    }
    _ = try world.client.describe()
    guard case .happening(let happening)? = try world.client.nextChange(until: Deadline(in: .seconds(20))) else {
      Issue.record("the event is gone")
      return
    }
    #expect(happening.name == "session-joined")
  }

  /// What the daemon itself says too much of is not kept without end; it is asked for instead.
  @Test func tooManySignalsAreToBeAskedFor() throws {
    let world = try World(.daemon)
    try world.client.watch()
    world.daemon.on("Describe") { _ in
      (1...3000).map { .event("abcd0000", "session-joined", sequence: $0) } + [.reply([.string("{}")])]
    }
    _ = try world.client.describe()
    var changes: [DaemonChange] = []
    while let change = try world.client.nextChange(until: Deadline(in: .milliseconds(100))) { changes.append(change) }
    #expect(changes.first == .daemonChanged)
    #expect(changes.count <= BusLimit.keptNews)
    guard case .happening(let last)? = changes.last else {
      Issue.record("\(changes.count) changes")
      return
    }
    #expect(last.sequence == 3000)
  }

  @Test func aSignalThatIsTooLargeIsToBeAskedFor() throws {
    let world = try World(.daemon)
    try world.client.watch()
    let large = String(repeating: "x", count: 1 << 20)
    try world.daemon.perform(.event("abcd0000", "session-joined", sequence: 1, details: ["reason": .string(large)]))
    #expect(try world.client.nextChange(until: Deadline(in: .seconds(20))) == .daemonChanged)
  }

  // MARK: Sizes and numbers

  /// libdbus ends a connection by which too much comes; it is the forger who chooses how much.
  @Test(arguments: PrivateBus.Kind.allCases)
  func nothingThatIsTooLargeEndsTheConnection(kind: PrivateBus.Kind) throws {
    let world = try World(kind)
    try world.client.watch()
    // More than a dbus-daemon or a dbus-broker lets through ends the forger's connection.
    let descriptors = (0..<(kind == .daemon ? 16 : 200)).map { _ in BusDescriptor(owning: dup(0)) }
    let large = String(repeating: "x", count: 20 << 20)
    world.amidst { [event = world.event("abcd0000", 9)] forger, victim in
      forger.answer(1...3, of: victim, [.string(large)])
      forger.signal(
        "Much", to: victim, path: "/", interface: "org.example.Large", values: descriptors.map(BusValue.descriptor))
      forger.signal(
        "Event", to: victim, path: BusName.sessionPath("abcd0000"), interface: BusName.sessionInterface, values: event)
    }
    let before = world.client.descriptor
    #expect(try world.client.describe() == "{}")
    #expect(world.client.descriptor == before)
    #expect(world.daemon.requests("Describe").count == 1)
  }

  /// However much comes, what is too late is told so.
  @Test(arguments: PrivateBus.Kind.allCases)
  func aFloodDoesNotMakeAQuestionWaitLonger(kind: PrivateBus.Kind) throws {
    let world = try World(kind, limit: .milliseconds(300))
    let isOver = Mutex(false)
    let forger = world.forger
    world.daemon.on("Describe") { request in
      while !isOver.withLock(\.self) {
        for _ in 0..<200 {
          forger.signal("Noise", to: request.sender, path: "/", interface: "org.example.Noise", values: [])
        }
        guard (try? World.settle(forger)) != nil else { break }
      }
      return []
    }
    let patience = Task.detached {
      try await Task.sleep(for: .seconds(20))
      isOver.withLock { $0 = true }
    }
    defer {
      patience.cancel()
      isOver.withLock { $0 = true }
    }
    let start = ContinuousClock().now
    #expect(throws: CallsError.timedOut(what: "Describe", seconds: 1)) { try world.client.describe() }
    #expect(ContinuousClock().now - start < .seconds(15))
  }

  @Test func numbersThatAreTooLargeEndNoApplication() async throws {
    let app = try App()
    let recorder = Recorder()
    app.desk.session.addSessionStatusListener(recorder)
    let (_, id) = try await app.join()
    app.daemon.set(
      id, ["State": .string("ended"), "JoinedAt": .uint64(.max), "Duration": .uint64(.max), "EndReason": .string("x")])
    app.daemon.on("EventsSince") { _ in [.reply([.array([], of: "(ttsosa{sv})")])] }
    try app.daemon.perform(.event(id, "connection-lost", sequence: .max))
    #expect(await recorder.heard(1).count == 1)
  }

  // MARK: The kind

  /// What is matched, sent and received elsewhere would be believed without a look at who sent it.
  @Test func thereIsOnePlaceWhereMessagesArrive() throws {
    let risky = [
      "AddMatch", "dbus_bus_add_match", "dbus_connection_add_filter", "dbus_connection_pop_message",
      "dbus_connection_borrow_message", "dbus_connection_send", "dbus_pending_call", "type='signal'",
    ]
    let files = ["OngoingCall", "OngoingCallCommands"].flatMap { ProjectFiles.names(in: "Sources/\($0)") }
    for file in files where !["BusConnection.swift", "BusNews.swift"].contains(where: file.hasSuffix) {
      let text = try ProjectFiles.text(file)
      for word in risky { #expect(!text.contains(word), "\(file) has \(word): that belongs in BusConnection") }
    }
    #expect(files.count > 80)
  }
}

// SPDX-License-Identifier: Apache-2.0
import CallModel
import Glibc
import OngoingCallTestSupport
import Synchronization
import Testing

@testable import OngoingCall

/// What an app sees of all calls, whatever becomes of the daemon and the bus.
@Suite(.timeLimit(.minutes(1))) struct OngoingCallsTests {
  let app: App
  let calls: OngoingCalls

  init() throws {
    app = try App()
    calls = Self.calls(on: app.bus)
  }

  private static func calls(on bus: PrivateBus) -> OngoingCalls {
    let address = bus.address
    return OngoingCalls { deadline throws(CallsError) in try BusConnection(address: address, until: deadline) }
  }

  private static func launched(_ id: String, at time: UInt64, _ more: [String: BusValue] = [:]) -> [String: BusValue] {
    ["State": .string("joined"), "LaunchedAt": .uint64(time), "Title": .string(id)].merging(more) { $1 }
  }

  /// The first update that is as it is expected; nil where the sequence ends before.
  private static func next(
    of updates: inout AsyncStream<OngoingCalls.Update>.Iterator, where isExpected: (OngoingCalls.Update) -> Bool
  ) async -> OngoingCalls.Update? {
    while let update = await updates.next() { if isExpected(update) { return update } }
    return nil
  }

  private static func next(
    of updates: inout AsyncStream<OngoingCalls.Update>.Iterator, with isExpected: (OngoingCalls.Snapshot) -> Bool
  ) async -> OngoingCalls.Snapshot? {
    while let update = await updates.next() {
      if case .snapshot(let snapshot) = update, isExpected(snapshot) { return snapshot }
    }
    return nil
  }

  // MARK: Following

  @Test func callsAreInTheOrderOfTheirLaunchesAndChangesAreTold() async throws {
    app.daemon.set("b", Self.launched("b", at: 1))
    app.daemon.set("a", Self.launched("a", at: 2))
    var updates = calls.updates.makeAsyncIterator()
    #expect(await Self.next(of: &updates) { (_: OngoingCalls.Snapshot) in true }?.calls.map(\.id) == ["b", "a"])
    try app.happen("a", "muted-changed", ["muted": .bool(true)])
    let muted = await Self.next(of: &updates) { $0.calls.last?.isMuted == true }
    #expect(muted?.calls.map(\.isMuted) == [false, true])
    try app.happen("b", "session-left", ["reason": .string("removed")])
    let ended = await Self.next(of: &updates) { $0.calls.first?.hasEnded == true }
    #expect(ended?.calls.first?.end?.reason == .removed && ended?.calls.last?.end == nil)
  }

  @Test func oneThatRingsDoesSoUntilItIsJoined() async throws {
    let id = try await calls.launch(App.address)
    var updates = calls.updates.makeAsyncIterator()
    let launched = await Self.next(of: &updates) { (_: OngoingCalls.Snapshot) in true }
    #expect(launched?.calls.first?.state == .launching && launched?.calls.first?.isRinging == false)
    try app.happen(id, "session-ringing")
    #expect(await Self.next(of: &updates) { $0.calls.first?.isRinging == true } != nil)
    try app.happen(id, "session-joined")
    #expect(await Self.next(of: &updates) { $0.calls.first?.state == .joined }?.calls.first?.isRinging == false)
  }

  @Test func whatHasNoEventIsSeenWhereItIsLookedAtAgain() async throws {
    app.daemon.set("a", Self.launched("a", at: 1))
    var updates = calls.updates.makeAsyncIterator()
    _ = await updates.next()
    app.daemon.set("a", ["Duration": .uint64(7_000_000)])
    calls.refresh()
    #expect(await Self.next(of: &updates) { $0.calls.first?.duration == .seconds(7) } != nil)
  }

  @Test func ofSeveralUpdatesTheNewestIsTaken() async throws {
    app.daemon.set("a", Self.launched("a", at: 1))
    var waiting = calls.updates.makeAsyncIterator()
    // Another one sees each of them.
    var updates = calls.updates.makeAsyncIterator()
    for isMuted in [true, false, true] {
      try app.happen("a", "muted-changed", ["muted": .bool(isMuted)])
      #expect(await Self.next(of: &updates) { $0.calls.first?.isMuted == isMuted } != nil)
    }
    guard case .snapshot(let newest)? = await waiting.next() else { throw Unexpected() }
    #expect(newest.calls.first?.isMuted == true)
  }

  @Test func whoComesLaterIsToldWhatIsKnown() async throws {
    app.daemon.set("a", Self.launched("a", at: 1))
    var updates = calls.updates.makeAsyncIterator()
    _ = await updates.next()
    app.daemon.on("GetManagedObjects") { _ in [] }
    var later = calls.updates.makeAsyncIterator()
    guard case .snapshot(let known)? = await later.next() else { throw Unexpected() }
    #expect(known.calls.map(\.id) == ["a"])
  }

  @Test func asLongAsItIsFollowedItIsThere() async throws {
    app.daemon.set("a", Self.launched("a", at: 1))
    weak var object: OngoingCalls?
    do {
      var updates = {
        let calls = Self.calls(on: app.bus)
        object = calls
        return calls.updates.makeAsyncIterator()
      }()
      #expect(await updates.next() != nil)
      try app.happen("a", "muted-changed", ["muted": .bool(true)])
      #expect(await Self.next(of: &updates) { $0.calls.first?.isMuted == true } != nil && object != nil)
    }
    // The thread of the bus may still look.
    while object != nil { await Task.yield() }
  }

  @Test func accountsAreThere() async throws {
    app.daemon.on("GetManagedObjects") { _ in
      let object = BusValue.entry(
        .objectPath(BusName.accountPath("me")),
        .array(
          [
            .entry(
              .string(BusName.accountInterface), .dictionary(["Id": .string("me"), "State": .string("registered")]))
          ], of: "{sa{sv}}"))
      return [.reply([.array([object], of: "{oa{sa{sv}}}")])]
    }
    var updates = calls.updates.makeAsyncIterator()
    let snapshot = await Self.next(of: &updates) { (_: OngoingCalls.Snapshot) in true }
    #expect(snapshot?.accounts.map(\.id) == ["me"] && snapshot?.accounts.first?.state == .registered)
    #expect(snapshot?.calls.isEmpty == true)
  }

  // MARK: The daemon and the bus

  @Test func lookingStartsNoDaemon() async throws {
    let folder = TemporaryFolder()
    let bus = try PrivateBus(services: [BusName.service: "/usr/bin/touch \(folder["started"])"])
    var updates = Self.calls(on: bus).updates.makeAsyncIterator()
    #expect(await updates.next() == .noDaemon)
    #expect(access(folder["started"], F_OK) != 0)
    // One that comes is found.
    let daemon = try ScriptedDaemon(on: bus)
    daemon.set("a", Self.launched("a", at: 1))
    #expect(await Self.next(of: &updates) { $0.calls.map(\.id) == ["a"] } != nil)
    try daemon.perform(.vanish)
    #expect(await Self.next(of: &updates, where: { $0 == .noDaemon }) != nil)
    #expect(access(folder["started"], F_OK) != 0)
  }

  @Test func aDaemonThatIsReplacedIsFollowed() async throws {
    app.daemon.set("a", Self.launched("a", at: 1))
    var updates = calls.updates.makeAsyncIterator()
    _ = await updates.next()
    app.daemon.set("a", ["OnHold": .bool(true)])
    try app.daemon.perform(.restart)
    #expect(await Self.next(of: &updates) { $0.calls.first?.isOnHold == true } != nil)
  }

  @Test func troubleIsToldAndGoesAway() async throws {
    let isBroken = Mutex(true)
    let address = app.bus.address
    app.daemon.set("a", Self.launched("a", at: 1))
    let calls = OngoingCalls { deadline throws(CallsError) in
      let isBroken = isBroken.withLock { isBroken in
        defer { isBroken = false }
        return isBroken
      }
      if isBroken { throw .noSessionBus(detail: "none") }
      return try BusConnection(address: address, until: deadline)
    }
    var updates = calls.updates.makeAsyncIterator()
    #expect(await updates.next() == .trouble(.noSessionBus(detail: "none")))
    #expect(await Self.next(of: &updates) { $0.calls.map(\.id) == ["a"] } != nil)
  }

  @Test func aDaemonThatDoesNotAnswerIsTrouble() async throws {
    let address = app.bus.address
    app.daemon.on("GetManagedObjects") { request in request.earlier == 0 ? [] : [.fail("org.example.No", "no")] }
    let calls = OngoingCalls(limit: .milliseconds(100)) { deadline throws(CallsError) in
      try BusConnection(address: address, until: deadline)
    }
    var updates = calls.updates.makeAsyncIterator()
    #expect(await updates.next() == .trouble(.timedOut(what: "GetManagedObjects", seconds: 1)))
    let refusal = CallsError.refused(name: "org.example.No", message: "no")
    #expect(await Self.next(of: &updates, where: { $0 == .trouble(refusal) }) != nil)
  }
}

private struct Unexpected: Error {}

// SPDX-License-Identifier: Apache-2.0
import CallModel
import CallNotification
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

/// Notifications and channels by the bus.
@Suite(.timeLimit(.minutes(1))) struct NotificationInterfaceTests {
  let engines = EngineFolder()

  /// A caller with a connection of its own.
  @EventLoopActor
  private final class Caller {
    private let bus: Bus

    init(_ served: Served) throws { bus = try Bus(address: served.peers.daemon.address, description: "caller") }

    @discardableResult
    func ask(_ member: String, _ dictionary: BusValue, path: String = BusName.rootPath) async throws -> BusValue? {
      let interface = path == BusName.rootPath ? BusName.managerInterface : BusName.sessionInterface
      return try await bus.service(BusPeers.name).call(
        path: path, interface: interface, member: member, [dictionary]
      ) { reply throws(BusError) in try? reply.read() }
    }

    func deleteChannel(_ id: String) async throws {
      try await bus.service(BusPeers.name).call(
        path: BusName.rootPath, interface: BusName.managerInterface,
        member: "DeleteNotificationChannel", [.string(id)]
      ) { _ throws(BusError) in }
    }

    func build(_ title: String) async throws {
      try await ask("BuildOngoingConferenceNotification", .dictionary(["title": .string(title)]))
    }
  }

  private func served(_ body: @escaping @EventLoopActor @Sendable (Served, Caller) async throws -> Void) async throws {
    let engines = engines
    try await onEventLoop {
      let served = try await Served(engines)
      let units = try await ServiceManagerStandIn(on: served.peers.client)
      try await body(served, Caller(served))
      withExtendedLifetime((served, units)) {}
    }
  }

  private func options(_ more: [String: BusValue] = [:]) -> BusValue {
    .dictionary(more.merging(["command": .strings([engines.program])]) { $1 })
  }

  @EventLoopActor
  private func launch(_ served: Served, _ caller: Caller, _ more: [String: BusValue] = [:]) async throws -> Session {
    let answer = try await caller.ask("Launch", options(more))
    let path = try #require(answer?.asObjectPath)
    return try served.service.session(String(path.split(separator: "/").last ?? ""))
  }

  // MARK: BuildOngoingConferenceNotification

  @Test func whatIsBuiltIsOfTheSameCallersNextLaunch() async throws {
    try await served { served, caller in
      let other = try Caller(served)
      try await caller.build("first")
      try await caller.build("second")
      #expect(try await launch(served, other).spec.notification == nil)
      #expect(try await launch(served, caller).spec.notification?.title == "second")
      // It is used up.
      #expect(try await launch(served, caller).spec.notification == nil)
    }
  }

  @Test func aLaunchThatFailsUsesNothingUp() async throws {
    try await served { served, caller in
      try await caller.build("kept")
      let error = await #expect(throws: BusError.self) {
        try await caller.ask("Launch", options(["colour": .bool(true)]))
      }
      #expect(error?.name == BusErrorName.invalidOption)
      let given = ["notification": BusValue.dictionary(["title": .string("given")])]
      #expect(try await launch(served, caller, given).spec.notification?.title == "given")
      #expect(try await launch(served, caller).spec.notification?.title == "kept")
    }
  }

  @Test func whatIsBuiltIsCheckedAtOnce() async throws {
    try await served { served, caller in
      let error = await #expect(throws: BusError.self) {
        try await caller.ask("BuildOngoingConferenceNotification", .dictionary(["channel": .string("x")]))
      }
      #expect(
        error
          == BusError(
            BusErrorName.invalidOption,
            "option “channel”: there is no notification channel “x”; create it with “ongoingcallctl channel create” (CreateNotificationChannel); "
              + "there is CometChat_Call_Ongoing_Conference"))
      let session = try await launch(served, caller)
      #expect(session.spec.notification == nil)
    }
  }

  @Test func whoLeavesTheBusIsForgotten() async throws {
    try await onEventLoop {
      let peers = try await BusPeers()
      let built = BuiltNotifications(on: peers.server, logger: .silent)
      func unique(_ bus: Bus) async throws -> String {
        try await peers.ask(bus, "GetNameOwner", [.string("org.example.App")]) { reply throws(BusError) in
          try reply.readString()
        }
      }
      var leaving: Bus? = try Bus(address: peers.daemon.address, description: "leaving")
      try await #require(leaving).requestName("org.example.App")
      let name = try await unique(peers.client)
      try built.keep(CustomNotification(), for: name)
      try await peers.settle()
      #expect(built.count == 1)
      leaving = nil
      while try await peers.server.hasOwner(name) {}
      try await peers.settle()
      #expect(built.count == 0)
      // One that was gone before it was heard.
      try built.keep(CustomNotification(), for: name)
      for _ in 0..<2 { try await peers.settle() }
      #expect(built.count == 0)
    }
  }

  @Test func onlySoManyMayBuild() async throws {
    try await onEventLoop {
      let peers = try await BusPeers()
      let built = BuiltNotifications(on: peers.server, logger: .silent)
      for number in 0..<Limit.builtNotifications.ofUser { try built.keep(CustomNotification(), for: ":9.\(number)") }
      do throws(BusError) {
        try built.keep(CustomNotification(), for: ":9.999")
        Issue.record("one more has built")
      } catch { #expect(error.name == BusErrorName.limitReached) }
      try built.keep(CustomNotification(), for: ":9.0")
      #expect(built.take(of: ":9.0") != nil && built.take(of: ":9.0") == nil)
      try built.keep(CustomNotification(), for: ":9.999")
    }
  }

  /// However many connections it makes.
  @Test func oneApplicationInASandboxLeavesRoomForAllOthers() async throws {
    try await onEventLoop {
      let peers = try await BusPeers()
      let built = BuiltNotifications(on: peers.server, logger: .silent)
      let (phone, mail) = (Sandbox(.flatpak, "org.example.Phone"), Sandbox(.flatpak, "org.example.Mail"))
      var refusals: [String] = []
      for number in 0..<64 {
        do throws(BusError) { try built.keep(CustomNotification(), for: ":9.\(number)", of: phone) } catch {
          #expect(error.name == BusErrorName.limitReached)
          refusals.append(error.message)
        }
      }
      #expect(built.count == Limit.builtNotifications.ofSandbox)
      #expect(refusals.first?.contains("8 connections of this application") == true)
      try built.keep(CustomNotification(), for: ":8.1", of: mail)
      for number in 0..<Limit.builtNotifications.ofUser { try built.keep(CustomNotification(), for: ":7.\(number)") }
      // What is used up is room again, and what is put back takes it.
      let used = try #require(built.take(of: ":9.0"))
      built.putBack(used, for: ":9.0", of: phone)
      let error = #expect(throws: BusError.self) { try built.keep(CustomNotification(), for: ":9.99", of: phone) }
      #expect(error?.name == BusErrorName.limitReached)
    }
  }

  // MARK: SetNotification

  @Test func aLiveSessionsNotificationIsReplacedAsAWhole() async throws {
    try await served { served, caller in
      let session = try await launch(served, caller, ["notification": .dictionary(["text": .string("a")])])
      let path = BusName.sessionPath(session.id.description)
      try await caller.ask("SetNotification", .dictionary(["title": .string("b")]), path: path)
      var titled = CustomNotification()
      titled.title = "b"
      #expect(session.spec.notification == titled)
      // And is what a new daemon knows.
      let kept = try RecordStore(directory: engines.folder["run"], logger: .silent).load().records
      #expect(kept.map(\.spec.notification) == [titled])
      let error = await #expect(throws: BusError.self) {
        try await caller.ask("SetNotification", .dictionary(["priority": .string("loud")]), path: path)
      }
      #expect(error?.name == BusErrorName.invalidOption)
      #expect(session.spec.notification == titled)
      try await caller.ask("SetNotification", .dictionary([:]), path: path)
      #expect(session.spec.notification == CustomNotification())
    }
  }

  @Test func ofASessionThatHasEndedThereIsNone() async throws {
    try await served { served, caller in
      let session = try served.house.session(.ended(SessionID()), channel: nil, unitRuns: false)
      served.exporter.sessionAppeared(session)
      let error = await #expect(throws: BusError.self) {
        try await caller.ask("SetNotification", .dictionary([:]), path: BusName.sessionPath(session.id.description))
      }
      #expect(error?.name == BusErrorName.sessionEnded)
    }
  }

  // MARK: Channels

  @Test func channelsAreToldOf() async throws {
    try await served { served, caller in
      let changes = Mailbox<String>()
      let slot = try served.signals(of: "org.freedesktop.DBus.Properties") { message in
        _ = try? message.readString()
        changes.put((try? message.read())?.asEntries?.first?.0 ?? "")
      }
      try await served.peers.settle()
      try await caller.ask("CreateNotificationChannel", .dictionary(["id": .string("work"), "sound": .bool(true)]))
      #expect(await changes.next() == "NotificationChannels")
      let value = try await served.call(
        "Get", [.string(BusName.managerInterface), .string("NotificationChannels")],
        interface: "org.freedesktop.DBus.Properties")
      guard case .variant(.array(let channels, of: "a{sv}"))? = value else {
        Issue.record("\(String(describing: value))")
        return
      }
      #expect(
        channels.last
          == .dictionary([
            "id": .string("work"), "name": .string("work"), "importance": .string("default"),
            "lockscreen-visibility": .string("private"), "sound": .bool(true),
          ]))
      #expect(channels.count == 2)
      let session = try await launch(served, caller, ["channel": .string("work")])
      #expect(session.spec.channel == "work")
      try await caller.deleteChannel("work")
      #expect(await changes.next() == "NotificationChannels")
      #expect(served.notifications.channels.all == [.default])
      for id in ["work", NotificationChannel.defaultID] {
        let error = await #expect(throws: BusError.self) { try await caller.deleteChannel(id) }
        #expect(error?.name == BusErrorName.invalidOption)
      }
      try await served.peers.settle()
      #expect(changes.waiting.isEmpty)
      withExtendedLifetime(slot) {}
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import CallNotification
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

/// Returning to a call, on a real bus with a real application on it, and a stand-in for the service manager.
@Suite(.timeLimit(.minutes(1))) struct CallReturnerTests {
  static let path = "/org/example/App"

  /// An application that writes down how it is activated.
  @EventLoopActor
  private final class Place {
    let house: House
    let peers: BusPeers
    let returner: CallReturner
    let activations = Mailbox<[String: String]>()
    let lateFailures = Mailbox<String>()
    let log = LogLines()
    /// nil: it does not answer.
    var answer: Result<Void, BusError>? = .success(())
    private(set) var unanswered: [MethodCall] = []
    private var slot: BusSlot?

    init(patience: Duration = .seconds(20)) async throws {
      house = try await House()
      peers = try await BusPeers()
      returner = CallReturner(bus: peers.client, manager: house.manager, patience: patience, logger: log.logger) {
        [lateFailures] in lateFailures.put($1)
      }
      slot = try peers.server.serve(CallReturnerTests.path) { [weak self] in self?.handle($0) }
    }

    private func handle(_ call: MethodCall) {
      let data = (try? call.message.read())?.asEntries ?? []
      activations.put(
        Dictionary(uniqueKeysWithValues: data.map { ($0.0, $0.1.asString ?? "") })
          .merging(["": call.message.interface + "." + call.message.member]) { $1 })
      switch answer {
      case .success: call.reply()
      case .failure(let error): call.fail(error)
      case nil: unanswered.append(call)
      }
    }

    func session(
      application: String? = nil, command: [String]? = nil, terminal: Bool = false, toAddress: Bool = false
    ) throws -> Session {
      var record = SessionRecord.joined(SessionID())
      let target = ReturnTarget(
        application: application.map { .init(name: $0, path: CallReturnerTests.path) }, command: command)
      record.spec.returnTarget = target == ReturnTarget() ? nil : target
      if !toAddress { (record.spec.uri, record.spec.command) = (nil, ["/bin/talk"]) }
      if terminal { (record.spec.terminal, record.spec.command) = (true, ["/bin/talk"]) }
      return try house.session(record).0
    }

    func bringBack(to session: Session, token: String? = nil) async -> Result<ReturnWay, CallRefusal> {
      do throws(CallRefusal) {
        return .success(try await returner.bringBack(to: session, token.flatMap { ActivationToken($0) }))
      } catch { return .failure(error) }
    }

    /// The unit that was started next: its name, its program and arguments, its properties.
    func started() async throws -> (unit: String, words: [String], properties: [String: BusValue]) {
      let request = try #require(await house.units.requests.next())
      #expect(request.member == "StartTransientUnit")
      var properties: [String: BusValue] = [:]
      for property in request.arguments[2].asArray ?? [] {
        guard let pair = property.asStructure, let name = pair[0].asString, case .variant(let value) = pair[1] else {
          continue
        }
        properties[name] = value
      }
      let execution = properties["ExecStart"]?.asArray?.first?.asStructure
      return (request.arguments[0].asString ?? "", execution?[1].asStrings ?? [], properties)
    }
  }

  private static func place(
    patience: Duration = .seconds(20), _ body: @escaping @EventLoopActor @Sendable (Place) async throws -> Void
  ) async throws {
    try await onEventLoop {
      let place = try await Place(patience: patience)
      try await body(place)
      // The sessions refer to their house.
      withExtendedLifetime(place) {}
    }
  }

  @Test func theApplicationIsActivatedWithTheToken() async throws {
    try await Self.place { place in
      let session = try place.session(application: BusPeers.name, command: ["/bin/true"])
      #expect(await place.bringBack(to: session, token: "t-1") == .success(.dbus))
      #expect(
        await place.activations.next() == [
          "": "org.freedesktop.Application.Activate", "activation-token": "t-1", "desktop-startup-id": "t-1",
        ])
      #expect(await place.bringBack(to: session) == .success(.dbus))
      #expect(await place.activations.next() == ["": "org.freedesktop.Application.Activate"])
      #expect(place.house.units.requests.waiting.isEmpty)
    }
  }

  @Test func whatFailsIsFollowedByTheNext() async throws {
    try await Self.place { place in
      place.answer = .failure(BusError("org.example.Error", "not now"))
      let refused = try place.session(application: BusPeers.name, command: ["/bin/echo", "$a"])
      #expect(await place.bringBack(to: refused, token: "t-1") == .success(.command))
      let (unit, words, properties) = try await place.started()
      #expect(unit.hasPrefix("app-org.ongoingcall.OngoingCall@\(refused.id).") && unit.hasSuffix(".service"))
      #expect(words == ["/bin/echo", "$$a"])
      #expect(
        properties["Environment"]
          == .strings(["ONGOINGCALL_SESSION=\(refused.id)", "XDG_ACTIVATION_TOKEN=t-1", "DESKTOP_STARTUP_ID=t-1"]))
      #expect(properties["Type"] == .string("exec") && properties["ExitType"] == .string("cgroup"))

      let nobody = try place.session(application: "org.example.Nobody")
      guard case .failure(.returnFailed(let text)) = await place.bringBack(to: nobody) else {
        Issue.record("it did not fail")
        return
      }
      #expect(text.hasPrefix("org.example.Nobody was not activated: "))
    }
  }

  @Test func anApplicationThatHangsIsNotWaitedForLong() async throws {
    try await Self.place(patience: .milliseconds(100)) { place in
      place.answer = nil
      let session = try place.session(application: BusPeers.name, command: ["/bin/true"])
      #expect(await place.bringBack(to: session) == .success(.command))
      #expect(place.unanswered.count == 1)
    }
  }

  @Test func whoPressesTwiceReturnsOnce() async throws {
    try await Self.place { place in
      place.answer = nil
      let session = try place.session(application: BusPeers.name)
      let outcomes = Mailbox<Result<ReturnWay, CallRefusal>>()
      for _ in 0..<3 { EventLoopActor.task { outcomes.put(await place.bringBack(to: session)) } }
      #expect(await place.activations.next() != nil)
      place.unanswered.first?.reply()
      #expect(await outcomes.next(3) == Array(repeating: .success(.dbus), count: 3))
      #expect(place.activations.waiting.isEmpty)
    }
  }

  @Test func aCommandThatCannotBeStartedOrFailsAtOnce() async throws {
    try await Self.place { place in
      place.house.units.jobResult = "failed"
      let session = try place.session(command: ["/opt/app/show"])
      guard case .failure(.returnFailed(let text)) = await place.bringBack(to: session) else {
        Issue.record("it was returned to")
        return
      }
      #expect(text.hasPrefix("“show” could not be started: "))
      let failed = try await place.started().unit
      #expect(place.log.fields(0)?[JournalField.aboutUnit] == failed)

      place.house.units.jobResult = "done"
      #expect(await place.bringBack(to: session) == .success(.command))
      let unit = try await place.started().unit
      try place.house.units.fail(unit, status: 7)
      try place.house.units.fail(unit, status: 7)
      #expect(await place.lateFailures.next() == "“show” failed at once (exit-code, status 7)")
      try await place.house.settle()
      #expect(place.lateFailures.waiting.isEmpty)
    }
  }

  @Test func theTerminalIsShownByTheUsersEmulator() async throws {
    try await Self.place { place in
      let folder = TemporaryFolder()
      folder.makeFolder("bin")
      let names = ["mine", "xterm", "ongoingcallctl"].map { folder.write("#!/bin/sh\n", to: "bin/\($0)", mode: 0o755) }
      let session = try place.session(terminal: true)
      place.house.units.environment = ["PATH=\(folder["bin"])"]
      #expect(
        await place.bringBack(to: session)
          == .failure(
            .returnFailed("you have no graphical session; in a terminal, run: ongoingcallctl attach \(session.id)")))
      place.house.units.environment += ["WAYLAND_DISPLAY=wayland-0"]
      #expect(await place.bringBack(to: session) == .success(.terminal))
      #expect(try await place.started().words == [names[1], "-e", names[2], "attach", "\(session.id)"])
      place.house.units.environment += ["TERMINAL=mine"]
      #expect(await place.bringBack(to: session) == .success(.terminal))
      #expect(try await place.started().words == [names[0], "-e", names[2], "attach", "\(session.id)"])
      place.house.units.environment = ["PATH=/nonexistent"]
      let failure = await place.bringBack(to: session)
      let error = #expect(throws: CallRefusal.self) { try failure.get() }
      #expect(error?.name == BusErrorName.returnFailed)
    }
  }

  @Test func aCallToAnAddressIsShownInATerminalOfItsOwn() async throws {
    try await Self.place { place in
      let folder = TemporaryFolder()
      folder.makeFolder("bin")
      let names = ["xterm", "ongoingcallctl"].map { folder.write("#!/bin/sh\n", to: "bin/\($0)", mode: 0o755) }
      place.house.units.environment = ["PATH=\(folder["bin"])", "DISPLAY=:0"]
      let session = try place.session(toAddress: true)
      #expect(await place.bringBack(to: session) == .success(.terminal))
      let started = try await place.started()
      #expect(started.words == [names[0], "-e", names[1], "watch", "--after", "0", "\(session.id)"])
      // Always the same: the manager starts no second one.
      #expect(started.unit.hasSuffix("@\(session.id).0.service"))
    }
  }

  @Test func withNothingToReturnToThereIsTheEventAlone() async throws {
    try await Self.place { place in
      let session = try place.session()
      #expect(await place.bringBack(to: session) == .success(.event))
      #expect(place.house.units.requests.waiting.isEmpty)
      session.handle(.report(EngineReport(.ended(.removed, detail: "", exitStatus: nil))))
      #expect(await place.bringBack(to: session) == .failure(.sessionEnded("\(session.id)")))
    }
  }

  /// As a client asks for it, and as one that listens hears of it.
  @Test func overTheBus() async throws {
    try await Self.place { place in
      let session = try place.session(application: BusPeers.name)
      let folder = TemporaryFolder()
      let notifications = try NotificationController(on: place.peers.client, place.house.manager, folder)
      defer { withExtendedLifetime(notifications) {} }
      let object = SessionObject(
        session, notifications, place.returner, AccountStore(logger: .silent))
      let slot = try place.peers.server.serve("/session") { object.handle($0) }
      func bringBack(_ data: [String: BusValue]) async throws(BusError) -> String {
        try await place.peers.client.service(BusPeers.name).call(
          path: "/session", interface: BusName.sessionInterface, member: "Return",
          [.dictionary(data)]
        ) { reply throws(BusError) in try reply.readString() }
      }
      #expect(try await bringBack(["activation-token": .string("t"), "cwd": .string("/")]) == "dbus")
      let event = await place.house.event()
      #expect(event?.name == "return-requested" && event?.activationToken == "t")
      let error = await #expect(throws: BusError.self) { try await bringBack(["activation-token": .string("\n")]) }
      #expect(error?.name == BusErrorName.invalidOption)
      #expect(place.house.events.count == 1)
      place.answer = .failure(BusError("org.example.Error", "not now"))
      let failed = await #expect(throws: BusError.self) { try await bringBack([:]) }
      #expect(failed?.name == BusErrorName.returnFailed)
      #expect(failed?.message == "\(BusPeers.name) was not activated: not now")
      withExtendedLifetime(slot) {}
    }
  }
}

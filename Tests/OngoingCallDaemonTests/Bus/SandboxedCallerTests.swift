// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

/// What callers in sandboxes, and one that is in none, get from the objects on a real bus. Who they are is said by the
/// test; all else is as for anybody. (With real sandboxes: Tests/EndToEnd.)
@Suite(.timeLimit(.minutes(1))) struct SandboxedCallerTests {
  let engines = EngineFolder()

  /// Two applications in sandboxes, the user, and one of whom it is not known who it is.
  @EventLoopActor
  final class Street {
    let served: Served
    let units: ServiceManagerStandIn
    let phone: Bus
    let mail: Bus
    let user: Bus
    let stranger: Bus
    private var clients: [Bus] = []

    init(_ engines: EngineFolder) async throws {
      served = try await Served(engines)
      units = try await ServiceManagerStandIn(on: served.peers.client)
      let address = served.peers.daemon.address
      phone = try Bus(address: address, description: "phone")
      mail = try Bus(address: address, description: "mail")
      user = try Bus(address: address, description: "user")
      stranger = try Bus(address: address, description: "stranger")
      // A name is given with the first answer.
      for bus in [phone, mail, user, stranger] { try await bus.settle() }
      served.callers = [
        phone.uniqueName ?? "": .sandboxed(Sandbox(.flatpak, "org.example.Phone")),
        mail.uniqueName ?? "": .sandboxed(Sandbox(.flatpak, "org.example.Mail")),
        stranger.uniqueName ?? "": .unidentified("nobody knows"),
      ]
    }

    /// One more, and who that is.
    func client(_ caller: Caller) async throws -> Bus {
      let bus = try Bus(address: served.peers.daemon.address, description: "another")
      try await bus.settle()
      served.callers[bus.uniqueName ?? ""] = caller
      clients.append(bus)
      return bus
    }

    func ask(
      _ bus: Bus, _ member: String, _ arguments: [BusValue] = [], path: String = BusName.rootPath,
      interface: String = BusName.managerInterface
    ) async -> Result<BusValue?, BusError> {
      do throws(BusError) {
        return .success(
          try await bus.service(BusPeers.name).call(
            path: path, interface: interface, member: member, arguments
          ) { reply throws(BusError) in try? reply.read() })
      } catch { return .failure(error) }
    }

    /// Returns the session's path.
    func launch(_ bus: Bus, _ options: [String: BusValue] = [:]) async throws -> String {
      let uri = ["uri": BusValue.string("sip:secret@example.org"), "title": .string("Secret")]
      let answer = await ask(bus, "Launch", [.dictionary(uri.merging(options) { $1 })])
      return try #require(try answer.get()?.asObjectPath)
    }

    func problem(_ bus: Bus, _ options: [String: BusValue]) async -> BusError? {
      let uri = ["uri": BusValue.string("sip:a@example.org")]
      let all = options["command"] == nil ? uri.merging(options) { $1 } : options
      if case .failure(let error) = await ask(bus, "Launch", [.dictionary(all)]) { return error }
      return nil
    }

    func managed(_ bus: Bus) async throws -> [String] {
      let answer = await ask(bus, "GetManagedObjects", interface: "org.freedesktop.DBus.ObjectManager")
      let objects = try #require(try answer.get()?.asArray)
      return objects.compactMap { object in
        guard case .entry(.objectPath(let path), _) = object, path.hasPrefix(BusName.sessionPathPrefix)
        else { return nil }
        return path
      }.sorted()
    }
  }

  func street(_ body: @escaping @EventLoopActor @Sendable (Street) async throws -> Void) async throws {
    try await onEventLoop(with: { [engines] in try await Street(engines) }, body)
  }

  private static let properties = "org.freedesktop.DBus.Properties"
  private static let introspectable = "org.freedesktop.DBus.Introspectable"

  /// An id in place of that of a path, so that two answers can be compared.
  private static func without(_ path: String, _ answer: Result<BusValue?, BusError>) -> Result<BusValue?, BusError> {
    answer.mapError { error in
      let id = String(path.split(separator: "/").last ?? "")
      return BusError(error.name, error.message.replacing(id, with: "ID"))
    }
  }

  // MARK: What is not its own

  @Test func anothersSessionIsAsNone() async throws {
    try await street { street in
      let paths = [try await street.launch(street.user), try await street.launch(street.mail)]
      let none = BusName.sessionPath("0000000z")
      let questions: [(String, [BusValue], String)] = [
        ("Abort", [], BusName.sessionInterface), ("HangUp", [], BusName.sessionInterface),
        ("Return", [.dictionary([:])], BusName.sessionInterface), ("SetMuted", [.bool(true)], BusName.sessionInterface),
        ("SetMuted", [.string("wrong")], BusName.sessionInterface), ("Nothing", [], BusName.sessionInterface),
        ("SendDtmf", [.string("1")], BusName.sessionInterface), ("AttachTerminal", [], BusName.sessionInterface),
        ("SendKeys", [.string("x")], BusName.sessionInterface),
        ("SetNotification", [.dictionary([:])], BusName.sessionInterface),
        ("SetName", [.string("x")], BusName.sessionInterface),
        ("Transfer", [.string("sip:x@y")], BusName.sessionInterface),
        ("TransferTo", [.objectPath(none)], BusName.sessionInterface),
        ("AnswerTransfer", [.bool(true), .string("")], BusName.sessionInterface),
        ("Get", [.string(BusName.sessionInterface), .string("State")], Self.properties),
        ("Get", [.string(BusName.sessionInterface), .string("Nothing")], Self.properties),
        ("Set", [.string(BusName.sessionInterface), .string("State"), .variant(.string(""))], Self.properties),
        ("GetAll", [.string(BusName.sessionInterface)], Self.properties), ("GetAll", [.string("")], Self.properties),
        ("Introspect", [], Self.introspectable), ("Ping", [], "org.freedesktop.DBus.Peer"),
        ("GetManagedObjects", [], "org.freedesktop.DBus.ObjectManager"),
      ]
      for bus in [street.phone, street.stranger] {
        for (member, arguments, interface) in questions {
          let expected = Self.without(none, await street.ask(bus, member, arguments, path: none, interface: interface))
          for path in paths {
            let answer = Self.without(path, await street.ask(bus, member, arguments, path: path, interface: interface))
            #expect(answer == expected, "\(interface).\(member)")
          }
          guard member != "Ping" else { continue }
          guard case .failure(let error) = expected else {
            Issue.record("\(interface).\(member) was answered: \(expected)")
            continue
          }
          #expect(error.name == "org.freedesktop.DBus.Error.UnknownObject", "\(interface).\(member)")
        }
        for path in paths {
          let id = String(path.split(separator: "/").last ?? "")
          let answer = Self.without(path, await street.ask(bus, "Abort", [.string(id)]))
          #expect(answer == Self.without(none, await street.ask(bus, "Abort", [.string("0000000z")])))
          guard case .failure(let error) = answer else {
            Issue.record("\(path) was aborted")
            continue
          }
          #expect(error.name == BusErrorName.noSuchSession)
        }
        #expect(
          await street.ask(bus, "Abort", [.string("")])
            == .failure(BusError(BusErrorName.noSuchSession, "there is no call")))
        #expect(try await street.managed(bus) == [])
        #expect(await street.ask(bus, "EventsSince", [.uint64(0)]) == .success(.array([], of: "(ttsosa{sv})")))
        let description = try await street.ask(bus, "Describe").get()?.asString ?? ""
        #expect(description.contains(#""sessions" : ["#) && !description.contains("Secret"))
        for path in [BusName.rootPath, BusName.sessionsPath] {
          let tree = try await street.ask(bus, "Introspect", path: path, interface: Self.introspectable).get()?.asString
          for session in paths {
            #expect(tree?.contains(String(session.split(separator: "/").last ?? "")) == false)
          }
        }
      }
      #expect(try await street.managed(street.user) == paths.sorted())
      #expect(street.served.service.live.count == 2)
    }
  }

  @Test func itsOwnIsThereForEveryConnectionOfIt() async throws {
    try await street { street in
      _ = try await street.launch(street.user)
      let path = try await street.launch(street.phone)
      let again = try Bus(address: street.served.peers.daemon.address, description: "again")
      try await again.settle()
      street.served.callers[again.uniqueName ?? ""] = .sandboxed(Sandbox(.flatpak, "org.example.Phone"))
      for bus in [street.phone, again] {
        #expect(try await street.managed(bus) == [path])
        let id = await street.ask(
          bus, "Get", [.string(BusName.sessionInterface), .string("ApplicationId")], path: path,
          interface: Self.properties)
        #expect(id == .success(.variant(.string("org.example.Phone"))))
        let tree = try await street.ask(
          bus, "Introspect", path: BusName.sessionsPath, interface: Self.introspectable
        ).get()?.asString
        #expect(tree?.split(separator: "<node name=").count == 2)
        let events = try await street.ask(bus, "EventsSince", [.uint64(0)]).get()?.asArray
        #expect(events?.isEmpty == false)
        for event in events ?? [] { #expect(event.asStructure?[3] == .objectPath(path)) }
        let description = try await street.ask(bus, "Describe").get()?.asString
        #expect(description?.split(separator: "sip:secret@example.org").count == 2)
      }
      #expect(try await street.managed(street.user).count == 2)
      // It is the only one that it has, and so needs no id.
      let session = try street.served.service.session(String(path.split(separator: "/").last ?? ""))
      EventLoopActor.task { _ = await street.ask(again, "Abort", [.string("")]) }
      while session.life.state != .leaving { try await street.served.peers.settle() }
    }
  }

  // MARK: Launching

  @Test func whatItMayNotLaunchStartsNothing() async throws {
    try await street { street in
      let options: [[String: BusValue]] = [
        ["command": .strings([engines.program])], ["application-id": .string("org.example.Mail")],
        ["return-command": .strings([engines.program])],
        ["notification": .dictionary(["return-command": .strings([engines.program])])],
        ["notification": .dictionary(["icon": .string(engines.program)])], ["linger": .bool(true)],
        ["microphone": .string("a monitor of what is played")], ["speaker": .string("")],
        ["engine-settings": .array([.entry(.string("identity"), .string("sip:x@y"))], of: "{ss}")],
      ]
      for option in options {
        let error = await street.problem(street.phone, option)
        #expect(error?.name == BusErrorName.notPermitted, "\(option)")
        #expect(error?.message.contains("“org.example.Phone”") == true, "\(option)")
      }
      let unknown = await street.problem(street.stranger, [:])
      #expect(unknown?.name == BusErrorName.notPermitted && unknown?.message.contains("nobody knows") == true)
      for (member, bus) in [
        ("CreateNotificationChannel", street.phone), ("CreateNotificationChannel", street.stranger),
        ("DeleteNotificationChannel", street.phone), ("DeleteNotificationChannel", street.stranger),
        ("BuildOngoingConferenceNotification", street.stranger),
      ] {
        let argument = member.hasPrefix("Delete") ? BusValue.string("x") : .dictionary(["id": .string("x")])
        guard case .failure(let error) = await street.ask(bus, member, [argument]) else {
          Issue.record("\(member) was allowed")
          continue
        }
        #expect(error.name == BusErrorName.notPermitted)
      }
      #expect(street.units.requests.waiting.isEmpty && street.served.service.sessions.isEmpty)
    }
  }

  @Test func aNotificationIsNoWayOutLaterEither() async throws {
    try await street { street in
      let path = try await street.launch(street.phone)
      func set(_ notification: [String: BusValue]) async -> Result<BusValue?, BusError> {
        await street.ask(
          street.phone, "SetNotification", [.dictionary(notification)], path: path, interface: BusName.sessionInterface)
      }
      // Whether the file is there or not: that is not told either.
      for program in [engines.program, "/nowhere/at-all"] {
        for key in ["icon": BusValue.string(program), "return-command": .strings([program])] {
          for answer in [
            await set([key.key: key.value]),
            await street.ask(street.phone, "BuildOngoingConferenceNotification", [.dictionary([key.key: key.value])]),
          ] {
            guard case .failure(let error) = answer else {
              Issue.record("\(key.key) was allowed")
              continue
            }
            #expect(error.name == BusErrorName.notPermitted)
          }
        }
      }
      #expect(await set(["icon": .string("call-start")]) == .success(nil))
    }
  }

  /// Of its own call, too: the devices and the files are the user's.
  @Test func itNeitherChoosesDevicesNorRecords() async throws {
    try await street { street in
      let path = try await street.launch(street.phone)
      let session = try street.served.service.session(String(path.split(separator: "/").last ?? ""))
      for (member, arguments) in [
        ("SetAudio", [BusValue.dictionary(["microphone": .string("x")])]), ("StartRecording", [.string("/tmp/a.wav")]),
        ("StopRecording", []),
      ] {
        let answer = await street.ask(street.phone, member, arguments, path: path, interface: BusName.sessionInterface)
        guard case .failure(let error) = answer else {
          Issue.record("\(member) was allowed")
          continue
        }
        #expect(error.name == BusErrorName.notPermitted && error.message.contains("“org.example.Phone”"))
        // The engine of these tests can do none of it; the user is refused for that, and no earlier.
        let users = await street.ask(street.user, member, arguments, path: path, interface: BusName.sessionInterface)
        guard case .failure(let other) = users else {
          Issue.record("\(member) was not refused")
          continue
        }
        #expect(other.name == BusErrorName.notSupported, "\(other)")
      }
      #expect(session.record.audio == nil)
    }
  }

  @Test func aTokenIsOfOneApplication() async throws {
    try await street { street in
      let token = ["token": BusValue.string("t")]
      let paths = [
        try await street.launch(street.user, token), try await street.launch(street.phone, token),
        try await street.launch(street.mail, token),
      ]
      #expect(Set(paths).count == 3)
      #expect(try await street.launch(street.phone, token) == paths[1])
      #expect(try await street.launch(street.user, token) == paths[0])
    }
  }

  @Test func aNameIsComparedWithThoseThatAreSeen() async throws {
    try await street { street in
      let name = ["name": BusValue.string("work")]
      _ = try await street.launch(street.user, name)
      // That the user has such a call is not told.
      let path = try await street.launch(street.phone, name)
      _ = try await street.launch(street.mail, name)
      let error = await street.problem(street.phone, name)
      #expect(error?.name == BusErrorName.invalidOption)
      #expect(error?.message.contains(String(path.split(separator: "/").last ?? "")) == true)
      #expect(await street.problem(street.user, name)?.name == BusErrorName.invalidOption)
      // Later, too.
      let other = try await street.launch(street.phone)
      for bus in [street.user, street.phone] {
        let answer = await street.ask(
          bus, "SetName", [.string("work")], path: other, interface: BusName.sessionInterface)
        guard case .failure(let error) = answer else {
          Issue.record("two calls have one name")
          continue
        }
        #expect(error.name == BusErrorName.invalidOption)
      }
    }
  }

  @Test func oneApplicationDoesNotTakeUpAllTheRoom() async throws {
    try await street { street in
      for _ in 0..<Limit.sessionsOfSandbox { _ = try await street.launch(street.phone) }
      let error = await street.problem(street.phone, [:])
      #expect(error?.name == BusErrorName.limitReached)
      _ = try await street.launch(street.mail)
      _ = try await street.launch(street.user)
    }
  }

  @Test func allApplicationsInSandboxesLeaveRoomForTheUser() async throws {
    try await street { street in
      let apps = Limit.sessionsOfSandboxes / Limit.sessionsOfSandbox
      for number in 0..<apps {
        let app = try await street.client(.sandboxed(Sandbox(.flatpak, "org.example.App\(number)")))
        for _ in 0..<Limit.sessionsOfSandbox { _ = try await street.launch(app) }
      }
      let error = await street.problem(street.phone, [:])
      #expect(error?.name == BusErrorName.limitReached && error?.message.contains("just now") == true)
      for _ in 0..<(Limit.sessions - Limit.sessionsOfSandboxes) { _ = try await street.launch(street.user) }
    }
  }

  @Test func whatHasEndedOfOneApplicationIsForgottenBeforeItIsTooMuch() async throws {
    try await street { street in
      let users = try await street.launch(street.user)
      var paths: [String] = []
      for _ in 0..<(Limit.endedSessionsOfSandbox + 3) {
        let path = try await street.launch(street.phone)
        let session = try street.served.service.session(String(path.split(separator: "/").last ?? ""))
        session.handle(.report(EngineReport(.ended(.busy, detail: "", exitStatus: nil))))
        try street.units.remove(session.record.unit)
        await withCheckedContinuation { over in session.whenOver { over.resume() } }
        paths.append(path)
      }
      #expect(try await street.managed(street.phone) == paths.suffix(Limit.endedSessionsOfSandbox).sorted())
      #expect(try await street.managed(street.user).contains(users))
    }
  }
}

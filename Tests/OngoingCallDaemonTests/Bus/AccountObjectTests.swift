// SPDX-License-Identifier: Apache-2.0
import CallModel
import LinuxFiles
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

/// The objects of accounts on a real bus.
@Suite(.timeLimit(.minutes(1))) struct AccountObjectTests {
  let engines = EngineFolder()
  private static let me = BusName.accountPath("me_example_org")

  private func served(_ body: @escaping @EventLoopActor @Sendable (Served) async throws -> Void) async throws {
    try await onEventLoop(with: { [engines] in try await Served(engines) }, body)
  }

  @EventLoopActor
  private func add(_ served: Served, _ settings: [String: BusValue] = [:]) async throws -> String {
    let all = settings.merging(["address": .string("sip:me@example.org")]) { given, _ in given }
    return try #require(try await served.call("AddAccount", [.dictionary(all)])?.asObjectPath)
  }

  @EventLoopActor
  private func tell(_ served: Served, _ member: String, _ arguments: BusValue...) async throws {
    _ = try await served.call(member, arguments, path: Self.me, interface: BusName.accountInterface)
  }

  @EventLoopActor
  private func info(_ served: Served) async throws -> AccountInfo {
    let all = try await served.call(
      "GetAll", [.string(BusName.accountInterface)], path: Self.me, interface: "org.freedesktop.DBus.Properties")
    return AccountInfo(id: "me_example_org", properties: all?.asDictionary ?? [:])
  }

  @Test func anAccountComesChangesAndGoes() async throws {
    try await served { served in
      let comings = Mailbox<[String]>()
      let changes = Mailbox<[BusValue]>()
      let slots = [
        try served.signals(of: "org.freedesktop.DBus.ObjectManager") {
          comings.put([$0.member, (try? $0.readString()) ?? ""])
        },
        try served.signals(of: "org.freedesktop.DBus.Properties") { message in
          changes.put((0..<3).compactMap { _ in try? message.read() })
        },
      ]
      try await served.peers.settle()
      #expect(try await add(served, ["display-name": .string("Me"), "default": .bool(true)]) == Self.me)
      #expect(await comings.next() == ["InterfacesAdded", Self.me])
      var expected = AccountInfo(id: "me_example_org")
      expected.identity = "Me <sip:me@example.org>"
      expected.address = "sip:me@example.org"
      (expected.isDefault, expected.isEnabled, expected.state) = (true, true, "ready")
      expected.settings = try Account([
        ("address", .string("sip:me@example.org")), ("display-name", .string("Me")), ("default", .bool(true)),
      ])
      #expect(try await info(served) == expected)

      try await tell(served, "Disable")
      (expected.isEnabled, expected.state, expected.settings.isEnabled) = (false, "disabled", false)
      #expect(try await info(served) == expected)
      // What the user has said is only named.
      #expect(
        await changes.next() == [
          .string(BusName.accountInterface), .dictionary(["Enabled": .bool(false), "State": .string("disabled")]),
          .strings(["Settings"]),
        ])
      try await tell(served, "Enable")
      try await tell(served, "Edit", .dictionary(["display-name": .string(""), "transport": .string("tls")]))
      #expect(try await info(served).identity == "sip:me@example.org")
      #expect(try await info(served).settings.transport == .tls)

      try await tell(served, "Remove")
      #expect(await comings.next() == ["InterfacesRemoved", Self.me])
      let gone = await served.failure("Remove", [], path: Self.me, interface: BusName.accountInterface)
      #expect(gone?.name == "org.freedesktop.DBus.Error.UnknownObject")
      withExtendedLifetime(slots) {}
    }
  }

  @Test func whatIsWrongIsAnswered() async throws {
    try await served { served in
      func failure(_ member: String, _ settings: [String: BusValue], _ path: String = BusName.rootPath) async
        -> BusError?
      {
        let interface = path == BusName.rootPath ? BusName.managerInterface : BusName.accountInterface
        return await served.failure(member, [.dictionary(settings)], path: path, interface: interface)
      }
      #expect(
        await failure("AddAccount", [:])
          == BusError(
            BusErrorName.invalidOption,
            "option “address”: it is missing; every account needs one, such as sip:me@example.org"))
      #expect(await failure("AddAccount", ["password": .string("hunter2")])?.message.contains("hunter2") == false)
      _ = try await add(served)
      #expect(await failure("Edit", ["transport": .string("x")], Self.me)?.name == BusErrorName.invalidOption)
      // A person breaks it, and it is kept.
      engines.folder.write("[Account]\nTransport=x\n", to: "config/accounts/me_example_org.conf")
      #expect(await failure("Edit", ["realm": .string("x")], Self.me)?.name == BusError.inputOutput)
      let info = try await info(served)
      #expect(info.state == "failed" && info.lastError.contains("line 2: Transport=") && info.address == "")
      #expect(Files.exists(engines.folder["config/accounts/me_example_org.conf"]))
    }
  }

  /// What a sandbox, and one of whom it is not known who it is, can get of accounts: nothing.
  @Test func othersSeeNone() async throws {
    try await served { served in
      _ = try await add(served)
      let callers: [Caller] = [.sandboxed(Sandbox(.flatpak, "org.example.Phone")), .unidentified("nobody knows")]
      for caller in callers {
        let bus = try Bus(address: served.peers.daemon.address, description: "another")
        try await bus.settle()
        served.callers[bus.uniqueName ?? ""] = caller
        func ask(
          _ member: String, _ arguments: [BusValue], _ path: String, _ interface: String
        ) async -> Result<BusValue?, BusError> {
          do throws(BusError) {
            return .success(
              try await bus.service(BusPeers.name).call(path: path, interface: interface, member: member, arguments) {
                reply throws(BusError) in try? reply.read()
              })
          } catch { return .failure(error) }
        }
        func name(_ answer: Result<BusValue?, BusError>) -> String {
          if case .failure(let error) = answer { error.name } else { "answered" }
        }
        let settings = BusValue.dictionary(["address": .string("sip:a@example.org")])
        #expect(
          name(await ask("AddAccount", [settings], BusName.rootPath, BusName.managerInterface))
            == BusErrorName.notPermitted)
        for member in AccountMethod.allCases.map(\.rawValue) {
          #expect(
            name(await ask(member, member == "Edit" ? [settings] : [], Self.me, BusName.accountInterface))
              == "org.freedesktop.DBus.Error.UnknownObject")
        }
        let objects = try await ask(
          "GetManagedObjects", [], BusName.rootPath, "org.freedesktop.DBus.ObjectManager"
        ).get()
        #expect(objects == .array([], of: "{oa{sa{sv}}}"))
        bus.close()
      }
      #expect(try await info(served).state == "ready")
    }
  }
}

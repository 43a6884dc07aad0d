// SPDX-License-Identifier: Apache-2.0
import CallModel
import Glibc
import LinuxFiles
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

/// What applications in sandboxes, and callers of whom it is not known who they are, get of accounts.
@Suite(.timeLimit(.minutes(1))) struct SandboxedAccountTests {
  let engines = EngineFolder()
  private static let byID = BusName.accountPath("me_example_org")
  private static let numbered = BusName.accountPath("_1")
  private static let properties = "org.freedesktop.DBus.Properties"
  private static let phone = Caller.sandboxed(Sandbox(.flatpak, "org.example.Phone"))

  /// A caller on a connection of its own.
  @EventLoopActor
  private struct Stranger {
    let bus: Bus

    init(_ served: Served, _ caller: Caller) async throws {
      bus = try Bus(address: served.peers.daemon.address, description: "another")
      try await bus.settle()
      served.callers[bus.uniqueName ?? ""] = caller
    }

    func ask(
      _ member: String, _ arguments: [BusValue] = [], _ path: String = BusName.rootPath,
      _ interface: String = BusName.managerInterface
    ) async throws(BusError) -> BusValue? {
      try await bus.service(BusPeers.name).call(path: path, interface: interface, member: member, arguments) {
        reply throws(BusError) in try? reply.read()
      }
    }

    func error(
      _ member: String, _ arguments: [BusValue] = [], _ path: String = BusName.rootPath,
      _ interface: String = BusName.managerInterface
    ) async -> String? {
      do throws(BusError) {
        _ = try await ask(member, arguments, path, interface)
        return nil
      } catch { return error.name }
    }

    func account() async throws -> [String: BusValue]? {
      try await ask("GetAll", [.string(BusName.accountInterface)], numbered, properties)?.asDictionary
    }

    func objects() async throws -> BusValue? {
      try await ask("GetManagedObjects", [], BusName.rootPath, "org.freedesktop.DBus.ObjectManager")
    }
  }

  private func served(_ body: @escaping @EventLoopActor @Sendable (Served) async throws -> Void) async throws {
    try await onEventLoop(with: { [engines] in try await Served(engines) }) { served in
      let settings: [String: BusValue] = [
        "address": .string("sip:me@example.org"), "display-name": .string("Me"), "password-place": .string("file"),
      ]
      _ = try await served.call("AddAccount", [.dictionary(settings)])
      try await body(served)
    }
  }

  @EventLoopActor
  private func edit(_ served: Served, _ settings: [String: BusValue]) async throws {
    _ = try await served.call("Edit", [.dictionary(settings)], path: Self.byID, interface: BusName.accountInterface)
  }

  @Test func aSandboxSeesALabelAndNothingElse() async throws {
    try await served { served in
      let stranger = try await Stranger(served, Self.phone)
      var expected = AccountInfo(id: "_1")
      expected.label = "Account 1"
      func check() async throws {
        let all = try #require(try await stranger.account())
        #expect(AccountInfo(id: "", properties: all) == expected)
        #expect(all.count == AccountInfo.properties.count)
        let shown = "\(try await stranger.objects() as Any)"
        #expect(shown.contains(Self.numbered) && shown.contains(expected.label))
        for secret in ["example.org", "me_example", "Me", "password"] { #expect(!shown.contains(secret), "\(shown)") }
      }
      try await check()
      try await edit(served, ["label": .string("Home"), "allow-apps": .strings(["org.example.Mail"])])
      expected.label = "Home"
      try await check()
      try await edit(served, ["allow-apps": .strings(["org.example.Mail", "org.example.Phone"])])
      expected.isPermitted = true
      try await check()
      _ = try await served.call("Disable", path: Self.byID, interface: BusName.accountInterface)
      expected.isPermitted = false
      try await check()
      for path in [BusName.rootPath, BusName.accountsPath, Self.numbered] {
        let tree = try await stranger.ask("Introspect", [], path, "org.freedesktop.DBus.Introspectable")?.asString
        #expect(tree?.contains("me_example_org") == false)
      }
      stranger.bus.close()
    }
  }

  @Test func aSandboxDoesNothing() async throws {
    try await served { served in
      let stranger = try await Stranger(served, Self.phone)
      // Also one that may call through it.
      try await edit(served, ["allow-apps": .strings(["org.example.Phone"])])
      let settings = BusValue.dictionary(["address": .string("sip:a@example.org")])
      #expect(await stranger.error("AddAccount", [settings]) == BusErrorName.notPermitted)
      let (reading, writing) = try #require(Descriptor.pipe())
      defer { for end in [reading, writing] { close(end) } }
      for method in AccountMethod.allCases {
        let arguments: [BusValue] =
          switch method {
          case .edit: [settings]
          case .setPassword: [.descriptor(BusDescriptor(borrowing: reading))]
          default: []
          }
        let call = method.rawValue
        #expect(
          await stranger.error(call, arguments, Self.numbered, BusName.accountInterface) == BusErrorName.notPermitted)
        // Whether it knows the id is not told.
        #expect(
          await stranger.error(call, arguments, Self.byID, BusName.accountInterface)
            == "org.freedesktop.DBus.Error.UnknownObject")
      }
      #expect(
        await stranger.error("GetAll", [.string(BusName.accountInterface)], Self.byID, Self.properties)
          == "org.freedesktop.DBus.Error.UnknownObject")
      #expect(served.service.accounts.list.entries.count == 1)
      stranger.bus.close()
    }
  }

  @Test func anUnknownCallerSeesNone() async throws {
    try await served { served in
      let stranger = try await Stranger(served, .unidentified("nobody knows"))
      for path in [Self.byID, Self.numbered] {
        for method in AccountMethod.allCases where method != .edit && method != .setPassword {
          #expect(
            await stranger.error(method.rawValue, [], path, BusName.accountInterface)
              == "org.freedesktop.DBus.Error.UnknownObject")
        }
        #expect(
          await stranger.error("GetAll", [.string(BusName.accountInterface)], path, Self.properties)
            == "org.freedesktop.DBus.Error.UnknownObject")
      }
      #expect(try await stranger.objects() == .array([], of: "{oa{sa{sv}}}"))
      stranger.bus.close()
    }
  }

  /// What everybody hears has no value of any property, and no id.
  @Test func signalsSayNothing() async throws {
    try await onEventLoop(with: { [engines] in try await Served(engines) }) { served in
      let heard = Mailbox<String>()
      let slots = try ["org.freedesktop.DBus.ObjectManager", Self.properties].map { interface in
        try served.signals(of: interface) { message in
          let parts = (0..<3).compactMap { _ in try? message.read() }
          heard.put("\(message.path) \(message.member) \(parts)")
        }
      }
      try await served.peers.settle()
      _ = try await served.call("AddAccount", [.dictionary(["address": .string("sip:me@example.org")])])
      try await edit(served, ["label": .string("me@example.org"), "allow-apps": .strings(["org.example.Phone"])])
      _ = try await served.call("Remove", path: Self.byID, interface: BusName.accountInterface)
      var all: [String] = []
      while all.last?.contains("InterfacesRemoved") != true { all.append(try #require(await heard.next())) }
      #expect(all.count >= 3)
      #expect(all.contains { $0.contains("Permitted") && $0.contains("Label") })
      for line in all {
        #expect(line.contains(Self.numbered) && !line.contains("example") && !line.contains("me_"), "\(line)")
      }
      withExtendedLifetime(slots) {}
    }
  }

  /// The number of an account that is gone is not another's.
  @Test func numbersAreNotUsedTwice() throws {
    var numbers = AccountNumbers()
    let ids = try (0..<8).map { try #require(AccountID("a\($0)")) }
    numbers.add([ids[1], ids[0]])
    #expect([numbers[ids[1]], numbers[ids[0]]] == [1, 2])
    numbers.add([ids[2]])
    #expect(numbers[ids[2]] == 3 && numbers[ids[0]] == 2)
    numbers.add([ids[3]], atMost: 3)
    #expect(numbers[ids[3]] == 4 && numbers[ids[0]] == nil)
    numbers.add([ids[0]])
    #expect(numbers[ids[0]] == 5)
  }
}

// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import Glibc
import LinuxFiles
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

/// The objects of accounts on a real bus.
@Suite(.timeLimit(.minutes(1))) struct AccountObjectTests {
  let engines = EngineFolder()
  private static let me = BusName.accountPath("me_example_org")
  private static let numbered = BusName.accountPath("_1")

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
      #expect(try await add(served, ["display-name": .string("Me"), "default": .bool(true)]) == Self.numbered)
      #expect(await comings.next() == ["InterfacesAdded", Self.numbered])
      var expected = AccountInfo(id: "me_example_org")
      (expected.label, expected.isPermitted) = ("Account 1", true)
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
      #expect(
        await changes.next() == [
          .string(BusName.accountInterface), .dictionary([:]), .strings(["Enabled", "State", "Settings"]),
        ])
      try await tell(served, "Enable")
      try await tell(served, "Edit", .dictionary(["display-name": .string(""), "transport": .string("tls")]))
      #expect(try await info(served).identity == "sip:me@example.org")
      #expect(try await info(served).settings.transport == .tls)

      try await tell(served, "Remove")
      #expect(await comings.next() == ["InterfacesRemoved", Self.numbered])
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

  @EventLoopActor
  private func state(_ served: Served) async throws -> [String] {
    let info = try await info(served)
    return [info.state, info.lastError]
  }

  @Test func itIsSaidThatThereIsNoPassword() async throws {
    try await served { served in
      // The keyring cannot say.
      _ = try await add(served)
      #expect(try await state(served) == ["ready", ""])
      try await tell(served, "Edit", .dictionary(["password-place": .string("file")]))
      let missing = [
        "no-password",
        "there is no password for the account “me_example_org” in its file; set it: "
          + "ongoingcallctl account password me_example_org",
      ]
      #expect(try await state(served) == missing)
      try await tell(served, "Disable")
      #expect(try await state(served)[0] == "disabled")
      try await tell(served, "Enable")
      #expect(try await state(served) == missing)
      #expect(try await set(served, ["hunter2"]) == nil)
      #expect(try await state(served) == ["ready", ""])
      try await tell(served, "Edit", .dictionary(["password-place": .string("credential")]))
      #expect(try await state(served)[0] == "no-password")
      #expect(try await state(served)[1].contains("LoadCredential="))
      try await tell(served, "Edit", .dictionary(["password-place": .string("file")]))
      #expect(try await state(served) == ["ready", ""])
      // It is found out when a call needs it, too.
      unlink(engines.folder["state/passwords/me_example_org"])
      let id = try #require(AccountID("me_example_org"))
      await withCheckedContinuation { continuation in
        served.service.lookUpPassword(of: id, in: .file) { _ in continuation.resume() }
      }
      #expect(try await state(served) == missing)
    }
  }

  @Test func theLastCallsFailureIsSaid() async throws {
    try await served { served in
      _ = try await add(served, ["password-place": .string("file")])
      #expect(try await set(served, ["hunter2"]) == nil)
      var spec = LaunchSpec(engine: .none, uri: "sip:a@example.org", title: "a")
      spec.account = "me_example_org"
      let session = SessionID()
      @EventLoopActor func happens(_ event: SessionEvent) {
        let recorded = RecordedEvent(event, sequence: 1, time: 1, session: session)
        served.service.accounts.heard([recorded], of: spec)
      }
      let refused = "the server does not accept the password"
      let failure = ["ready", "the last call (sip:a@example.org) failed: \(refused)"]
      happens(.ended(SessionEnd(event: .launchFailed, reason: .notPermitted, detail: refused)))
      #expect(try await state(served) == failure)
      // That somebody does not want to talk has nothing to do with the account.
      happens(.ended(SessionEnd(event: .launchFailed, reason: .busy)))
      #expect(try await state(served) == failure)
      happens(.ringing)
      #expect(try await state(served) == ["ready", ""])
      happens(.ended(SessionEnd(event: .launchFailed, reason: .unreachable)))
      #expect(try await state(served)[1] == "the last call (sip:a@example.org) failed: unreachable")
      // Another password, or other settings, may be right.
      #expect(try await set(served, ["hunter3"]) == nil)
      #expect(try await state(served) == ["ready", ""])
      happens(.ended(SessionEnd(event: .launchFailed, reason: .notPermitted, detail: refused)))
      try await tell(served, "Edit", .dictionary(["realm": .string("x")]))
      #expect(try await state(served) == ["ready", ""])
    }
  }

  // MARK: Passwords

  private func password(_ id: String = "me_example_org") -> String? {
    Files.read(engines.folder["state/passwords/\(id)"], limit: 4096).map { String(decoding: $0, as: UTF8.self) }
  }

  /// What a caller writes to a pipe, in two parts.
  @EventLoopActor
  private func set(_ served: Served, _ parts: [String], closes: Bool = true) async throws -> BusError? {
    let (reading, writing) = try #require(Descriptor.pipe())
    defer { close(reading) }
    async let answer = served.failure(
      "SetPassword", [.descriptor(BusDescriptor(borrowing: reading))], path: Self.me,
      interface: BusName.accountInterface)
    for part in parts {
      try await served.peers.settle()
      _ = Descriptor.write(Array(part.utf8)[...], to: writing)
    }
    if closes { close(writing) }
    let error = await answer
    if !closes { close(writing) }
    return error
  }

  @Test func aPasswordIsReadFromAPipe() async throws {
    try await served { served in
      _ = try await add(served, ["password-place": .string("file")])
      #expect(try await set(served, ["hunt", "er2"]) == nil)
      #expect(password() == "hunter2")
      // A line break is an end, too.
      #expect(try await set(served, ["other\nrest"], closes: false) == nil)
      #expect(password() == "other")
      let info = try await info(served)
      #expect(!"\(info)".contains("other") && info.settings.passwordPlace == .file)
      for (wrong, words) in [
        ([""], "it must have 1 to 512"), ([String(repeating: "x", count: 513)], "too long"), (["a\tb"], "control"),
      ] {
        let error = try await set(served, wrong)
        #expect(error?.name == BusErrorName.invalidOption && error?.message.contains(words) == true)
        #expect(error?.message.contains(wrong[0]) != true || wrong[0].isEmpty)
      }
      #expect(password() == "other")
      // Memory is read from its beginning, wherever whoever wrote it is in it.
      let path = "/dev/shm/ongoingcall-test-\(getpid())"
      let memory = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
      unlink(path)
      _ = Descriptor.write(Array("in memory".utf8)[...], to: memory)
      defer { close(memory) }
      _ = try await served.call(
        "SetPassword", [.descriptor(BusDescriptor(borrowing: memory))], path: Self.me,
        interface: BusName.accountInterface)
      #expect(password() == "in memory")
      try await tell(served, "Remove")
      #expect(password() == nil)
    }
  }

  @Test func whatCannotBeKeptIsSaid() async throws {
    try await served { served in
      _ = try await add(served)
      let error = try await set(served, ["hunter2"])
      #expect(error?.name == BusError.inputOutput && error?.message.contains("/nonexistent is missing") == true)
      // A file on a disk may not answer.
      let file = open(engines.folder.write("hunter2", to: "secret"), O_RDONLY)
      defer { close(file) }
      let refused = await served.failure(
        "SetPassword", [.descriptor(BusDescriptor(borrowing: file))], path: Self.me,
        interface: BusName.accountInterface)
      #expect(refused?.name == BusErrorName.invalidOption && refused?.message.contains("must be a pipe") == true)
      #expect(refused?.message.contains("ongoingcallctl account password ID < FILE") == true)
      // The account goes, whatever becomes of its password.
      try await tell(served, "Remove")
      #expect(served.service.accounts.list.entries.isEmpty)
    }
  }
}

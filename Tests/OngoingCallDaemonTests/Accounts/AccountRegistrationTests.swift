// SPDX-License-Identifier: Apache-2.0
import CallModel
import EngineChannel
import Glibc
import LinuxFiles
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

/// What the engines of calls tell of their accounts, as the bus shows it; and what of the test needs no server.
@Suite(.timeLimit(.minutes(1))) struct AccountRegistrationTests {
  let engines = EngineFolder()
  private static let me = BusName.accountPath("me_example_org")

  private func served(_ body: @escaping @EventLoopActor @Sendable (Served) async throws -> Void) async throws {
    try await onEventLoop(with: { [engines] in try await Served(engines) }) { served in
      let settings = ["address": BusValue.string("sip:me@example.org"), "password-place": .string("file")]
      _ = try await served.call("AddAccount", [.dictionary(settings)])
      try await body(served)
    }
  }

  @EventLoopActor
  private func info(_ served: Served) async throws -> AccountInfo {
    let all = try await served.call(
      "GetAll", [.string(BusName.accountInterface)], path: Self.me, interface: "org.freedesktop.DBus.Properties")
    return AccountInfo(id: "me_example_org", properties: all?.asDictionary ?? [:])
  }

  @EventLoopActor
  private func session(_ served: Served) throws -> Session {
    var spec = LaunchSpec(engine: .none, uri: "sip:a@example.org", title: "a")
    spec.account = "me_example_org"
    spec.accountSettings = try Account([("address", .string("sip:me@example.org"))])
    return Session(spec, adopting: nil, id: SessionID(), host: served.service, logger: .silent)
  }

  @Test func severalCallsRegisterOneAccount() async throws {
    try await served { served in
      let one = try session(served)
      let other = try session(served)
      #expect(try await info(served).state == "no-password")
      served.service.heard(EngineRegistration(.registering), of: one)
      #expect(try await info(served).state == "registering")
      let now = SystemClock.realtime.now
      served.service.heard(EngineRegistration(.registered, expiresIn: 600), of: one)
      let registered = try await info(served)
      #expect(registered.state == "registered")
      #expect((now + 600_000_000...now + 660_000_000).contains(registered.registeredUntil))
      // The answer to `report` differs by how it was rounded.
      served.service.heard(EngineRegistration(.registered, expiresIn: 601), of: one)
      #expect(try await info(served).registeredUntil == registered.registeredUntil)
      served.service.heard(EngineRegistration(.registered, expiresIn: 3600), of: other)
      #expect(try await info(served).registeredUntil > registered.registeredUntil)
      served.service.heard(EngineRegistration(.removed), of: other)
      #expect(try await info(served).registeredUntil == registered.registeredUntil)
      // Its engine was killed, and nobody takes the call up.
      served.service.sessionIsOver(one)
      #expect(try await info(served).state == "no-password")
      #expect(try await info(served).registeredUntil == 0)
    }
  }

  @Test func oneThatFailsIsSaid() async throws {
    try await served { served in
      let session = try session(served)
      let id = try #require(AccountID("me_example_org"))
      served.service.accounts.learn(of: id) { ($0.hasPassword, $0.problem) = (true, "") }
      served.service.heard(EngineRegistration(.registered, expiresIn: 600), of: session)
      served.service.heard(EngineRegistration(.failed, retryIn: 30, detail: "403 No"), of: session)
      #expect(try await info(served).state == "failed")
      #expect(try await info(served).registeredUntil == 0)
      #expect(try await info(served).lastError == "the registration failed: 403 No")
      served.service.heard(EngineRegistration(.registered, expiresIn: 600), of: session)
      #expect(try await info(served).state == "registered")
      #expect(try await info(served).lastError == "")
      served.service.heard(EngineRegistration(.failed, detail: "403 No"), of: session)
      served.service.sessionIsOver(session)
      #expect(try await info(served).state == "failed")
      // Other settings may be right.
      _ = try await served.call(
        "Edit", [.dictionary(["realm": .string("x")])], path: Self.me, interface: BusName.accountInterface)
      #expect(try await info(served).state == "no-password")
    }
  }

  /// A registration goes on while the account becomes another.
  @Test func anotherAddressIsNotRegistered() async throws {
    try await served { served in
      let session = try session(served)
      served.service.heard(EngineRegistration(.registered, expiresIn: 600), of: session)
      _ = try await served.call(
        "Edit", [.dictionary(["display-name": .string("Me")])], path: Self.me, interface: BusName.accountInterface)
      #expect(try await info(served).state == "registered")
      _ = try await served.call(
        "Edit", [.dictionary(["address": .string("sip:you@example.org")])], path: Self.me,
        interface: BusName.accountInterface)
      #expect(try await info(served).registeredUntil == 0)
    }
  }

  @Test func withoutTheEngineNothingIsTested() async throws {
    unlink(engines.folder["engines/sip.json"])
    try await served { served in
      let error = await served.failure("Test", [], path: Self.me, interface: BusName.accountInterface)
      #expect(error?.name == BusErrorName.engineNotFound)
      #expect(error?.message == "accounts are tested by the engine “sip”, which is not installed; install it")
      engines.folder.write("[Account]\nTransport=x\n", to: "config/accounts/me_example_org.conf")
      let wrong = await served.failure("Edit", [.dictionary([:])], path: Self.me, interface: BusName.accountInterface)
      #expect(wrong?.name == BusError.inputOutput)
      let refused = await served.failure("Test", [], path: Self.me, interface: BusName.accountInterface)
      #expect(refused?.name == BusError.inputOutput && refused?.message.contains("correct it first") == true)
    }
  }

  @Test func whatAProgramAnswersIsRead() async throws {
    try await onEventLoop {
      let talk = try ProgramTalk(Array("question".utf8))
      // As the program that it is to be.
      let (input, output) = (dup(talk.input), dup(talk.output))
      let told = Descriptor.read(8, from: input) ?? []
      _ = Descriptor.write((told + Array("?".utf8))[...], to: output)
      close(input)
      close(output)
      let (answer, isWhole) = await talk.answer(within: .seconds(20))
      #expect(String(decoding: answer, as: UTF8.self) == "question?" && isWhole)
      let silent = try ProgramTalk([])
      let spare = dup(silent.output)
      defer { close(spare) }
      let (none, isOver) = await silent.answer(within: .milliseconds(50))
      #expect(none.isEmpty && !isOver)
    }
  }
}

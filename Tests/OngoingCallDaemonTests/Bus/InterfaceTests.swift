// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import LinuxFiles
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

/// The objects as they are on a real bus, held against the documented contract, and their answers.
@Suite(.timeLimit(.minutes(1))) struct InterfaceTests {
  let engines = EngineFolder()

  /// `…/packaging/dbus-1/org.ongoingcall.Calls1.xml`, as it is in the project.
  private static let contract: [InterfaceDocument.Interface] = {
    InterfaceDocument((try? ProjectFiles.text("packaging/dbus-1/org.ongoingcall.Calls1.xml")) ?? "").interfaces
  }()

  @Test func theManagerIsAsDocumented() async throws {
    let documented = try #require(Self.contract.first { $0.name == BusName.managerInterface })
    let (live, names) = try await onEventLoop {
      let interfaces = try await Served(engines).introspection(BusName.rootPath)
      return (interfaces.first { $0.name == BusName.managerInterface }, interfaces.map(\.name))
    }
    #expect(!documented.lines.isEmpty && live?.lines == documented.lines)
    #expect(names.contains("org.freedesktop.DBus.ObjectManager"))
  }

  @Test func aSessionIsAsDocumented() async throws {
    let documented = try #require(Self.contract.first { $0.name == BusName.sessionInterface })
    let live = try await onEventLoop {
      let served = try await Served(engines)
      let (session, _) = try served.house.session(.joined(SessionID()))
      served.exporter.sessionAppeared(session)
      return try await served.introspection(BusName.sessionPath(session.id.description))
        .first { $0.name == BusName.sessionInterface }
    }
    #expect(!documented.lines.isEmpty && live?.lines == documented.lines)
  }

  @Test func anAccountIsAsDocumented() async throws {
    let documented = try #require(Self.contract.first { $0.name == BusName.accountInterface })
    let live = try await onEventLoop {
      let served = try await Served(engines)
      let path = try #require(
        try await served.call("AddAccount", [.dictionary(["address": .string("sip:me@example.org")])])?.asObjectPath)
      return try await served.introspection(path).first { $0.name == BusName.accountInterface }
    }
    #expect(!documented.lines.isEmpty && live?.lines == documented.lines)
  }

  /// Every property that is documented has a value of its type.
  @Test func everyPropertyHasAValue() async throws {
    let contract = Self.contract
    try await onEventLoop {
      let served = try await Served(engines)
      let (session, engine) = try served.house.session(.joined(SessionID()))
      served.exporter.sessionAppeared(session)
      await engine.say(
        #"{"type":"media","sent":1,"received":2,"lost":3,"round-trip-ms":4,"jitter-ms":5,"codec":"PCMU/8000","#
          + #""level-sent":-127,"level-received":-20,"microphone":"m","speaker":"","fallback":["microphone"],"#
          + #""echo-cancellation":true,"encryption":"sdes"}"# + "\n")
      #expect(await served.house.event()?.name == "audio-changed")
      await engine.say(#"{"type":"state","state":"joined","muted":true}"# + "\n")
      _ = await served.house.event()
      let paths = [
        BusName.managerInterface: BusName.rootPath,
        BusName.sessionInterface: BusName.sessionPath(session.id.description),
        BusName.accountInterface: BusName.accountPath("me_example_org"),
      ]
      _ = try await served.call("AddAccount", [.dictionary(["address": .string("sip:me@example.org")])])
      for interface in contract {
        let all = try await served.call(
          "GetAll", [.string(interface.name)], path: try #require(paths[interface.name]),
          interface: "org.freedesktop.DBus.Properties")
        let values = try #require(all?.asEntries)
        let types = Dictionary(uniqueKeysWithValues: values.map { ($0.0, $0.1.signature) })
        #expect(types == Dictionary(uniqueKeysWithValues: interface.members("property").map { ($0.name, $0.type) }))
      }
      let media = try await served.call(
        "Get", [.string(BusName.sessionInterface), .string("Media")],
        path: BusName.sessionPath(session.id.description), interface: "org.freedesktop.DBus.Properties")
      let known: [String: BusValue] = [
        "sent": .uint64(1), "received": .uint64(2), "lost": .uint64(3), "round-trip-ms": .uint64(4),
        "jitter-ms": .uint64(5), "codec": .string("PCMU/8000"), "level-sent": .int32(-127),
        "level-received": .int32(-20), "microphone": .string("m"), "speaker": .string(""),
        "fallback": .strings(["microphone"]), "echo-cancellation": .bool(true), "encryption": .string("sdes"),
      ]
      #expect(media == .variant(.dictionary(known)))
    }
  }

  @Test func aSessionComesAndGoes() async throws {
    try await onEventLoop {
      let served = try await Served(engines)
      let signals = Mailbox<[String]>()
      let slot = try served.signals(of: "org.freedesktop.DBus.ObjectManager") {
        signals.put([$0.member, (try? $0.readString()) ?? ""])
      }
      let events = Mailbox<[BusValue]>()
      let second = try served.signals(of: BusName.sessionInterface) { message in
        events.put((0..<4).compactMap { _ in try? message.read() })
      }
      try await served.peers.settle()
      let (session, _) = try served.house.session(.joined(SessionID()))
      let path = BusName.sessionPath(session.id.description)
      served.exporter.sessionAppeared(session)
      #expect(await signals.next() == ["InterfacesAdded", path])
      let end = SessionEnd(event: .left, reason: .exited, detail: "“q”", exitStatus: 137)
      let event = RecordedEvent(.ended(end), sequence: 9, time: 10, session: session.id)
      served.exporter.sessionChanged(session, events: [event], properties: ["State", "EndReason"])
      let details: [String: BusValue] = [
        "reason": .string("exited"), "more": .bool(true), "exit-status": .int32(137),
      ]
      #expect(await events.next() == [.uint64(9), .uint64(10), .string("session-left"), .dictionary(details)])
      served.exporter.sessionWillDisappear(session)
      #expect(await signals.next() == ["InterfacesRemoved", path])
      let gone = await served.failure("HangUp", [], path: path, interface: BusName.sessionInterface)
      #expect(gone?.name == "org.freedesktop.DBus.Error.UnknownObject")
      withExtendedLifetime((slot, second)) {}
    }
  }

  @Test func aSessionAnswersWhatCannotBe() async throws {
    try await onEventLoop {
      let served = try await Served(engines)
      let (launching, _) = try served.house.session(.launched(SessionID(), capabilities: ["dtmf"]))
      let (joined, engine) = try served.house.session(.joined(SessionID(), capabilities: ["dtmf", "mute"]))
      for session in [launching, joined] { served.exporter.sessionAppeared(session) }
      func failure(_ session: Session, _ member: String, _ arguments: BusValue...) async -> BusError? {
        await served.failure(
          member, arguments, path: BusName.sessionPath(session.id.description), interface: BusName.sessionInterface)
      }
      let digits = "option “digits”: they must be 1 to 64 of 0-9, A-D, * and #"
      for text in ["", "12a", "E", "１", "1\n", String(repeating: "1", count: 65)] {
        #expect(await failure(joined, "SendDtmf", .string(text)) == BusError(BusErrorName.invalidOption, digits))
      }
      #expect(
        await failure(launching, "SendDtmf", .string("1"))
          == BusError(BusErrorName.notSupported, "the call is not joined yet; send digits once it is"))
      #expect(await failure(joined, "SetOnHold", .bool(true))?.name == BusErrorName.notSupported)
      #expect(await failure(joined, "SetMuted", .bool(true)) == nil)
      // Answered when the engine has done it, which its pong says.
      async let dialed = failure(joined, "SendDtmf", .string("09AD*#"))
      let lines = await engine.hear(7)
      #expect(
        lines.filter { !$0.contains("ping") }.suffix(2)
          == [#"{"muted":true,"type":"set-muted"}"#, #"{"digits":"09AD*#","type":"send-dtmf"}"#])
      for line in lines where line.contains("ping") { await engine.say(line.replacing("ping", with: "pong") + "\n") }
      #expect(await dialed == nil)
      async let lost = failure(joined, "SendDtmf", .string("1"))
      #expect(await engine.hear(2).first == #"{"digits":"1","type":"send-dtmf"}"#)
      engine.leave()
      #expect(await lost?.name == BusErrorName.outcomeUnknown)
    }
  }

  @Test func theManagerAnswersWhatCannotBe() async throws {
    try await onEventLoop {
      let served = try await Served(engines)
      func failure(_ member: String, _ argument: BusValue) async -> BusError? {
        await served.failure(member, [argument], path: BusName.rootPath, interface: BusName.managerInterface)
      }
      #expect(await failure("Abort", .string("")) == BusError(BusErrorName.noSuchSession, "there is no call"))
      #expect(
        await failure("Abort", .string("abcdefgh"))
          == BusError(BusErrorName.noSuchSession, "there is no call with the id “abcdefgh”"))
      let hostile = "\u{1B}[2J" + String(repeating: "x", count: 1000)
      let unknown = await failure("Abort", .string(hostile))
      #expect(unknown?.name == BusErrorName.noSuchSession)
      #expect(unknown?.message.utf8.count ?? 0 < 200 && unknown?.message.contains("\u{1B}") == false)
      #expect(
        await failure("Launch", .dictionary([:]))
          == BusError(
            BusErrorName.invalidOption, "option “uri”: give an address to call, or a “command” to run"))
      #expect(await failure("Launch", .dictionary(["uri": .string("h323:1")]))?.name == BusErrorName.engineNotFound)
      // Twice in the dictionary, as only a hand-made message has it.
      let twice = BusValue.array(
        [
          .entry(.string("title"), .variant(.string("a"))),
          .entry(.string("title"), .variant(.string("b"))),
        ], of: "{sv}")
      #expect(await failure("Launch", twice)?.message == "option “title”: it is given twice")
      // No service manager is on this bus: what cannot be started leaves nothing behind.
      let launch = await failure("Launch", .dictionary(["command": .strings([engines.program])]))
      #expect(launch?.name == BusErrorName.engineFailed)
      #expect(try await served.call("EventsSince", [.uint64(0)]) == .array([], of: "(ttsosa{sv})"))
      #expect(Files.names(in: engines.folder["run/sessions"]) == [])
      #expect(served.service.sessions.isEmpty && served.service.isHealthy)
    }
  }

  @Test func itDescribesItselfInJSON() async throws {
    let text = try await onEventLoop { try await Served(engines).call("Describe")?.asString }
    #expect(text?.hasPrefix("{") == true)
    #expect(text?.contains("\"sessions\" : [") == true)
    #expect(text?.contains(engines.program) == true)
  }
}

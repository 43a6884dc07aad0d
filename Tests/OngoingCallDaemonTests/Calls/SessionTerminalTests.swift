// SPDX-License-Identifier: Apache-2.0
import CallModel
import EngineChannel
import Glibc
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

/// A viewer and an engine get the two ends of a connection, and nothing stays with the daemon.
@Suite(.timeLimit(.minutes(1))) struct SessionTerminalTests {
  private static func record(
    _ capabilities: [String] = ["command", "terminal"], terminal: Bool = true
  ) -> SessionRecord {
    var record = SessionRecord.joined(SessionID(), capabilities: capabilities)
    record.spec.terminal = terminal
    return record
  }

  @EventLoopActor
  private static func failure(_ session: Session) -> CallRefusal? {
    do throws(CallRefusal) {
      close(try session.attachTerminal())
      return nil
    } catch { return error }
  }

  @Test func viewerAndEngineAreConnected() async throws {
    try await onEventLoop {
      let house = try await House()
      let (session, end) = try house.session(Self.record())
      let viewers = [try session.attachTerminal(), try session.attachTerminal()]
      let engine = EngineRuntime(input: dup(end.descriptor), output: dup(end.descriptor))
      #expect(try engine.receive().suffix(2) == [.attach, .attach])
      for (viewer, text) in zip(viewers, ["one", "two"]) { #expect(send(viewer, text, 3, 0) == 3) }
      var heard: [String] = []
      while let descriptor = engine.takeDescriptor() {
        var buffer = [UInt8](repeating: 0, count: 16)
        let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        heard.append(String(decoding: buffer.prefix(max(0, count)), as: UTF8.self))
        close(descriptor)
      }
      #expect(heard == ["one", "two"])
      // Nobody else has the other end: it is closed with the engine's.
      for viewer in viewers {
        var byte: UInt8 = 0
        #expect(recv(viewer, &byte, 1, Int32(MSG_DONTWAIT)) == 0)
        close(viewer)
      }
      withExtendedLifetime(house) {}
    }
  }

  @Test func whereThereIsNoTerminalItIsSaid() async throws {
    try await onEventLoop {
      let house = try await House()
      let (without, _) = try house.session(Self.record(terminal: false))
      let (unable, _) = try house.session(Self.record(["command"], terminal: false))
      let (ended, engine) = try house.session(Self.record())
      let text = "the program of \(without.id) was launched without a terminal; launch it with the option “terminal”"
      #expect(Self.failure(without) == .notSupported(text))
      guard case .notSupported = Self.failure(unable) else {
        Issue.record("\(String(describing: Self.failure(unable)))")
        return
      }
      await engine.say(#"{"type":"state","state":"ended","reason":"exited"}"# + "\n")
      _ = await house.event()
      #expect(Self.failure(ended) == .sessionEnded(ended.id.description))
      withExtendedLifetime(house) {}
    }
  }

  @Test func anEngineThatDoesNotReadIsNotWaitedFor() async throws {
    try await onEventLoop {
      let house = try await House()
      let (session, _) = try house.session(Self.record())
      var failures: [CallRefusal] = []
      for _ in 0..<20_000 where failures.isEmpty {
        if let failure = Self.failure(session) { failures.append(failure) }
      }
      #expect(failures == [.engineFailed("the engine of \(session.id) does not read its requests; try again")])
      withExtendedLifetime(house) {}
    }
  }
}

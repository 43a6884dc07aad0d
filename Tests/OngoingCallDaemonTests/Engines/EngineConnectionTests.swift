// SPDX-License-Identifier: Apache-2.0
import CallModel
import EngineChannel
import Glibc
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

@Suite(.timeLimit(.minutes(1))) struct EngineConnectionTests {
  private enum Heard: Equatable, Sendable {
    case message(EngineMessage)
    case lost(String)
  }

  /// A channel whose daemon's end is served by a connection.
  @EventLoopActor
  private final class Channel {
    let engine: EngineEnd
    let heard = Mailbox<Heard>()
    var connection: EngineConnection?

    init(takenOver: Bool = false) throws {
      let (daemon, engine) = EngineEnd.pair()
      self.engine = engine
      connection = try EngineConnection(daemon, takenOver: takenOver) { [heard] received in
        switch received {
        case .message(let message): heard.put(.message(message))
        case .lost(let detail): heard.put(.lost(detail))
        }
      }
    }
  }

  private static func channel(
    takenOver: Bool = false, _ body: @escaping @EventLoopActor @Sendable (Channel) async throws -> Void
  ) async throws {
    try await onEventLoop {
      let channel = try Channel(takenOver: takenOver)
      try await body(channel)
    }
  }

  private static func pong(_ serial: UInt64) -> String { #"{"type":"pong","serial":\#(serial)}"# + "\n" }
  private static func heard(_ serials: UInt64...) -> [Heard] { serials.map { .message(.pong($0)) } }
  private static let garbage = "the engine broke the protocol: a line is not a JSON object with a “type”: "

  // MARK: Lines

  @Test func linesMayComeInPieces() async throws {
    try await Self.channel { channel in
      for byte in (Self.pong(1) + Self.pong(2)).utf8 {
        await channel.engine.say([byte])
        // So that it is read by itself.
        await Task.yield()
      }
      #expect(await channel.heard.next(2) == Self.heard(1, 2))
      await channel.engine.say(Self.pong(3) + "\n\n" + Self.pong(4) + Self.pong(5).dropLast(5))
      #expect(await channel.heard.next(2) == Self.heard(3, 4))
      await channel.engine.say(String(Self.pong(5).suffix(5)))
      #expect(await channel.heard.next() == .message(.pong(5)))
    }
  }

  @Test func unknownTypesAndKeysAreNoReasonToPart() async throws {
    try await Self.channel { channel in
      await channel.engine.say(#"{"type":"of-the-future","x":[1,{}]}"# + "\n" + Self.pong(1))
      #expect(await channel.heard.next(2) == [.message(.unknown(type: "of-the-future"))] + Self.heard(1))
    }
  }

  @Test(arguments: ["garbage", "[]", "{}", "42", #"{"type":7}"#, "{\"type\":\"pong\"", "\u{0}", "\u{1B}[2J"])
  func garbageEndsTheChannel(_ line: String) async throws {
    try await Self.channel { channel in
      await channel.engine.say(Self.pong(1) + line + "\n" + Self.pong(2))
      #expect(await channel.heard.next() == .message(.pong(1)))
      let shown = DisplayText(line).description
      let said = shown.isEmpty ? "it is unprintable" : shown
      #expect(await channel.heard.next() == .lost(Self.garbage + said))
      // Nothing comes after it, and what is sent goes nowhere.
      await channel.engine.say(Self.pong(3))
      channel.connection?.send(.ping(1))
      channel.connection?.drain()
      #expect(channel.heard.waiting == [])
    }
  }

  @Test func aMessageWithoutWhatItMustHaveEndsTheChannel() async throws {
    try await Self.channel { channel in
      await channel.engine.say(#"{"type":"pong"}"# + "\n")
      let expected = "the engine broke the protocol: a message of type “pong” has no “serial”"
      #expect(await channel.heard.next() == .lost(expected))
    }
  }

  @Test func aLineMayBeSoLongAndNoLonger() async throws {
    let message = String(Self.pong(1).dropLast())
    let longest = message + String(repeating: " ", count: EngineProtocol.maximumLineLength - message.utf8.count)
    try await Self.channel { channel in
      await channel.engine.say(longest + "\n" + longest + " \n" + Self.pong(2))
      #expect(await channel.heard.next(2) == Self.heard(1) + [.lost(Self.tooLong)])
      #expect(channel.heard.waiting == [])
    }
  }

  @Test func whatIsSaidBeforeALineThatIsTooLongIsHeard() async throws {
    try await Self.channel { channel in
      // Short enough for all of it to be read at once.
      await channel.engine.say(Self.pong(1))
      await channel.engine.say(
        Self.pong(2) + String(repeating: "x", count: EngineProtocol.maximumLineLength - 100))
      #expect(await channel.heard.next(2) == Self.heard(1, 2))
      await channel.engine.say(String(repeating: "x", count: 99) + "\n" + Self.pong(3))
      guard case .lost(let detail) = await channel.heard.next() else {
        Issue.record("garbage was taken")
        return
      }
      #expect(detail.hasPrefix(Self.garbage))
    }
    try await onEventLoop {
      // All of it waits in the channel when the daemon looks for the first time.
      let (daemon, engine) = EngineEnd.pair()
      await engine.say(Self.pong(1) + String(repeating: "x", count: EngineProtocol.maximumLineLength + 1))
      let heard = Mailbox<Heard>()
      let connection = try EngineConnection(daemon, takenOver: false) { received in
        switch received {
        case .message(let message): heard.put(.message(message))
        case .lost(let detail): heard.put(.lost(detail))
        }
      }
      #expect(await heard.next(2) == Self.heard(1) + [.lost(Self.tooLong)])
      withExtendedLifetime(connection) {}
    }
  }

  @Test(arguments: [false, true])
  func aLineWithoutAnEndEndsTheChannel(_ takenOver: Bool) async throws {
    try await Self.channel(takenOver: takenOver) { channel in
      let line = Task { await channel.engine.say([UInt8](repeating: 0x78, count: 1024 * 1024)) }
      #expect(await channel.heard.next() == .lost(Self.tooLong))
      // The descriptor is closed with it, so that the engine does not wait for a reader.
      channel.connection = nil
      await line.value
      #expect(channel.heard.waiting == [])
    }
  }

  private static let tooLong = "the engine broke the protocol: a line is longer than 65536 bytes"

  // MARK: Taking over

  @Test func aHalfLineThatAnEarlierDaemonLeftIsSkipped() async throws {
    try await Self.channel(takenOver: true) { channel in
      await channel.engine.say("\"serial\":1}\n" + Self.pong(2))
      #expect(await channel.heard.next() == .message(.pong(2)))
      // Once.
      await channel.engine.say("\"serial\":3}\n")
      #expect(await channel.heard.next() == .lost(Self.garbage + "\"serial\":3}"))
    }
  }

  @Test func onlyTheFirstLineMayBeHalf() async throws {
    try await Self.channel(takenOver: true) { channel in
      await channel.engine.say(Self.pong(1) + "half}\n")
      #expect(await channel.heard.next(2) == Self.heard(1) + [.lost(Self.garbage + "half}")])
    }
  }

  @Test func whatAnEarlierDaemonLeftHalfWrittenIsEnded() async throws {
    try await Self.channel(takenOver: true) { channel in
      channel.connection?.send(.ping(1))
      channel.connection?.send(.leave)
      #expect(await channel.engine.hear(3) == ["", #"{"serial":1,"type":"ping"}"#, #"{"type":"leave"}"#])
    }
    try await Self.channel { channel in
      channel.connection?.send(.leave)
      #expect(await channel.engine.hear(1) == [#"{"type":"leave"}"#])
    }
  }

  // MARK: The end of a channel

  @Test func theLastMessageComesBeforeTheEnd() async throws {
    try await Self.channel { channel in
      // Unread by the engine, so that its end is a reset and not an orderly end of file.
      channel.connection?.send(.ping(1))
      await channel.engine.say(Self.pong(1) + Self.pong(2) + "half a li")
      channel.engine.leave()
      #expect(
        await channel.heard.next(3) == Self.heard(1, 2) + [.lost("the engine closed its channel")])
    }
  }

  @Test func anEngineThatOnlyStopsSpeakingIsLostToo() async throws {
    try await Self.channel { channel in
      shutdown(channel.engine.descriptor, Int32(SHUT_WR))
      #expect(await channel.heard.next() == .lost("the engine closed its channel"))
    }
  }

  @Test func drainingTellsWhatIsThereAtOnce() async throws {
    try await Self.channel { channel in
      let (daemon, engine) = EngineEnd.pair()
      await engine.say(Self.pong(7))
      engine.leave()
      // All of it happens before the loop turns again.
      let heard = Mailbox<Heard>()
      let connection = try EngineConnection(daemon, takenOver: false) { received in
        switch received {
        case .message(let message): heard.put(.message(message))
        case .lost(let detail): heard.put(.lost(detail))
        }
      }
      connection.drain()
      #expect(heard.waiting == Self.heard(7) + [.lost("the engine closed its channel")])
      connection.drain()
      #expect(heard.waiting.count == 2)
    }
  }

  @Test func aConnectionMayGoInItsOwnHandler() async throws {
    try await onEventLoop {
      final class State { var connection: EngineConnection? }
      let state = State()
      let heard = Mailbox<Void>()
      let (daemon, engine) = EngineEnd.pair()
      state.connection = try EngineConnection(daemon, takenOver: false) { _ in
        state.connection = nil
        heard.put(())
      }
      await engine.say(Self.pong(1))
      _ = await heard.next()
      // It has closed its end.
      #expect(await engine.hear(1) == [])
      engine.leave()
    }
  }

  @Test func aDroppedConnectionClosesItsEndAndHearsNothingMore() async throws {
    try await Self.channel { channel in
      channel.connection = nil
      #expect(await channel.engine.hear(1) == [])
      await channel.engine.say(Self.pong(1))
      #expect(await channel.heard.next(within: .milliseconds(20)) == nil)
    }
  }

  // MARK: An engine that does not read

  @Test func whatWaitsToBeReadIsBoundedAndNothingBlocks() async throws {
    try await Self.channel { channel in
      var sent = 0
      // The kernel holds some of it too, and less than as much again.
      let most = 2 * Limit.channelBacklogBytes
      while channel.heard.waiting.isEmpty && sent < most {
        channel.connection?.send(.sendDtmf(String(repeating: "1", count: 1000)))
        sent += 1000
      }
      #expect(sent > Limit.channelBacklogBytes)
      #expect(sent < most)
      #expect(channel.heard.waiting == [.lost("the engine does not read its requests")])
      channel.connection?.send(.leave)
      #expect(channel.heard.waiting.count == 1)
    }
  }

  @Test func anEngineThatReadsLateGetsAllInOrder() async throws {
    try await Self.channel { channel in
      // More than the kernel takes at once.
      let digits = String(repeating: "1", count: 4000)
      var count: UInt64 = 0
      var size = 0
      while size < 300 * 1024 {
        channel.connection?.send(.ping(count))
        channel.connection?.send(.sendDtmf(digits))
        count += 1
        size += 4060
      }
      #expect(channel.heard.waiting == [])
      let lines = await channel.engine.hear(Int(count) * 2)
      #expect(lines.count == Int(count) * 2)
      for index in 0..<count where lines.count == Int(count) * 2 {
        #expect(lines[Int(index) * 2] == #"{"serial":\#(index),"type":"ping"}"#)
      }
      // And it goes on as before.
      await channel.engine.say(Self.pong(1))
      #expect(await channel.heard.next() == .message(.pong(1)))
    }
  }

  @Test func whatCannotBeWrittenIsLeftOut() async throws {
    try await Self.channel { channel in
      channel.connection?.send(.sendDtmf(String(repeating: "1", count: EngineProtocol.maximumLineLength)))
      channel.connection?.send(.leave)
      #expect(await channel.engine.hear(1) == [#"{"type":"leave"}"#])
    }
  }

  @Test func aDescriptorThatIsNoneIsAnError() async throws {
    let error: SystemError? = try await onEventLoop {
      do throws(SystemError) {
        _ = try EngineConnection(-1, takenOver: false) { _ in }
        return nil
      } catch { return error }
    }
    #expect(error == SystemError("use an engine's channel", errno: EBADF))
  }
}

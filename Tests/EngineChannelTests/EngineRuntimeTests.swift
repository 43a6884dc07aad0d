// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import EngineChannel
import Glibc
import Testing

/// The engine's end of a real socket pair, with the daemon's end in the test's hand.
struct EngineRuntimeTests {
  @Test func requestsArriveInOrder() throws {
    let channel = try Channel()
    channel.daemonSays(
      "{\"type\":\"hello\",\"version\":1,\"session\":\"s\",\"lease\":9}\n{\"type\":\"ping\",\"serial\":1}\n{\"ty")
    #expect(try channel.engine.receive() == [.hello(.init(session: "s", lease: 9)), .ping(1)])
    #expect(try channel.engine.receive() == [])
    channel.daemonSays("pe\":\"leave\"}\n")
    #expect(try channel.engine.receive() == [.leave])
  }

  @Test func messagesAreSentAtOnce() throws {
    let channel = try Channel()
    channel.engine.send(.pong(1))
    channel.engine.send(.state(EngineReport(.joined), resume: "r"))
    #expect(!channel.engine.wantsToWrite)
    #expect(try channel.daemonHears() == [.pong(1), .state(EngineReport(.joined), resume: "r")])
  }

  @Test func aDaemonThatDoesNotReadGetsTheNewestOfEverything() throws {
    let channel = try Channel()
    for count in 0..<20_000 as Range<UInt64> {
      channel.engine.send(.media(MediaCounters(sent: count, received: 0, lost: 0)))
      if count % 10 == 0 {
        channel.engine.send(.pong(count))
        channel.engine.send(.state(EngineReport(count % 20 == 0 ? .ringing : .joined), resume: nil))
      }
    }
    channel.engine.send(.state(EngineReport(.reconnecting(.network)), resume: nil))
    #expect(channel.engine.wantsToWrite)

    var heard: [EngineMessage] = []
    while channel.engine.wantsToWrite {
      heard += try channel.daemonHears()
      channel.engine.flush()
    }
    heard += try channel.daemonHears()
    // Whole lines only, each of them read; far fewer than were said; the last ones are the newest.
    #expect(heard.count < 5_000)
    #expect(heard.last == .media(MediaCounters(sent: 19_999, received: 0, lost: 0)))
    #expect(heard.dropLast().last == .state(EngineReport(.reconnecting(.network)), resume: nil))
    let pongs = heard.compactMap { if case .pong(let serial) = $0 { serial } else { nil } }
    #expect(pongs == pongs.sorted() && pongs.last == 19_990)
  }

  @Test func onlyTheNewestAnswersWait() throws {
    let channel = try Channel()
    while !channel.engine.wantsToWrite { channel.engine.send(.pong(0)) }
    for serial in 1...100 as ClosedRange<UInt64> { channel.engine.send(.pong(serial)) }
    var heard: [EngineMessage] = []
    while channel.engine.wantsToWrite {
      heard += try channel.daemonHears()
      channel.engine.flush()
    }
    heard += try channel.daemonHears()
    #expect(heard.drop { $0 == .pong(0) } == (69...100).map(EngineMessage.pong)[...])
  }

  @Test func aDescriptorIsOfItsLine() throws {
    let channel = try Channel()
    var ends: [Int32] = [-1, -1]
    try #require(pipe(&ends) == 0)
    defer { close(ends[0]) }
    // The first of the two has none.
    channel.daemonSays("{\"type\":\"attach\"}\n")
    #expect(channel.daemonPasses(ends[1]))
    close(ends[1])
    var requests: [EngineRequest] = []
    while requests.isEmpty { requests = try channel.engine.receive() }
    #expect(requests == [.attach])
    let errors = try channel.daemonHears().map {
      if case .error(let error) = $0 { error.code } else { EngineError.Code.failed }
    }
    #expect(errors == [.invalid])
    let taken = try #require(channel.engine.takeDescriptor())
    #expect(write(taken, "x", 1) == 1)
    close(taken)
    var byte: UInt8 = 0
    #expect(read(ends[0], &byte, 1) == 1 && byte == UInt8(ascii: "x"))
    #expect(channel.engine.takeDescriptor() == nil)
  }

  @Test func aDescriptorThatNobodyTakesIsClosed() throws {
    let channel = try Channel()
    var ends: [Int32] = [-1, -1]
    try #require(pipe(&ends) == 0)
    defer { close(ends[0]) }
    #expect(channel.daemonPasses(ends[1]))
    close(ends[1])
    #expect(try channel.engine.receive() == [.attach])
    #expect(try channel.engine.receive() == [])
    #expect(channel.engine.takeDescriptor() == nil)
    // Nobody has the other end any more.
    var byte: UInt8 = 0
    _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
    #expect(read(ends[0], &byte, 1) == 0)
  }

  @Test func nothingComesAfterTheEnd() throws {
    let channel = try Channel()
    while !channel.engine.wantsToWrite { channel.engine.send(.pong(1)) }
    channel.engine.send(.media(MediaCounters(sent: 1, received: 1, lost: 1)))
    let end = EngineMessage.state(EngineReport(.ended(.removed, detail: "", exitStatus: nil)), resume: nil)
    channel.engine.send(end)
    var heard: [EngineMessage] = []
    while channel.engine.wantsToWrite {
      heard += try channel.daemonHears()
      channel.engine.flush()
    }
    heard += try channel.daemonHears()
    #expect(heard.last == end)
  }

  @Test func aResumeThatIsTooLongIsLeftOutAndTheStateIsNot() throws {
    let channel = try Channel()
    channel.engine.send(.state(EngineReport(.joined), resume: String(repeating: "r", count: 16 * 1024 + 1)))
    // Within the bound, but not once its control characters are escaped.
    channel.engine.send(.state(EngineReport(.ringing), resume: String(repeating: "\u{1}", count: 16 * 1024)))
    #expect(
      try channel.daemonHears() == [
        .state(EngineReport(.joined), resume: nil), .state(EngineReport(.ringing), resume: nil),
      ])
  }

  @Test func garbageIsAnsweredAndWhatFollowsIsHeard() throws {
    let channel = try Channel()
    channel.daemonSays(
      "garbage\n\n\n{\"type\":\"ping\"}\n" + String(repeating: "x", count: 70_000) + "\n{\"type\":\"leave\"}\n")
    var requests: [EngineRequest] = []
    while requests.isEmpty { requests = try channel.engine.receive() }
    #expect(requests == [.leave])
    let errors = try channel.daemonHears().map {
      if case .error(let error) = $0 { error.code } else { EngineError.Code.failed }
    }
    #expect(errors == [.invalid, .invalid, .invalid])
  }

  @Test func halfALineOfAnEarlierDaemonEndsWithTheNewline() throws {
    let channel = try Channel()
    channel.daemonSays("{\"type\":\"set-mu")
    #expect(try channel.engine.receive() == [])
    channel.daemonSays("\n{\"type\":\"report\"}\n")
    #expect(try channel.engine.receive() == [.report])
  }

  @Test func aDaemonThatHasGoneIsFoundOnceItsLastWordsAreHeard() throws {
    let channel = try Channel()
    channel.daemonSays("{\"type\":\"leave\"}\n")
    channel.closeDaemon()
    #expect(try channel.engine.receive() == [.leave])
    #expect(throws: EngineRuntime.Closed.self) { try channel.engine.receive() }
    // To send is harmless, and nothing waits to be written.
    channel.engine.send(.state(EngineReport(.joined), resume: nil))
    #expect(!channel.engine.wantsToWrite)
    #expect(throws: EngineRuntime.Closed.self) { try channel.engine.receive() }
  }

  @Test func aDaemonThatHasGoneWithoutReadingIsFoundToo() throws {
    let channel = try Channel()
    channel.engine.send(.pong(1))
    channel.closeDaemon()
    #expect(throws: EngineRuntime.Closed.self) { try channel.engine.receive() }
  }

  @Test func oneCallTakesOnlySoMuch() throws {
    let channel = try Channel()
    let request = "{\"type\":\"report\"}\n"
    let count = 100_000 / request.utf8.count
    channel.daemonSays(String(repeating: request, count: count))
    var heard = 0
    while heard < count { heard += try channel.engine.receive().count }
    #expect(heard == count)
  }

  @Test func aLeaseRunsFromTheLastWord() throws {
    let channel = try Channel()
    #expect(channel.engine.millisecondsToLeaseEnd == nil && !channel.engine.leaseHasExpired)
    for (lease, expected) in [(60, 60_000), (Int.max, Int(Int32.max) / 1000 * 1000)] {
      channel.daemonSays("{\"type\":\"hello\",\"version\":1,\"session\":\"s\",\"lease\":\(lease)}\n")
      _ = try channel.engine.receive()
      let left = Int(try #require(channel.engine.millisecondsToLeaseEnd))
      #expect((expected - 10_000...expected).contains(left))
      #expect(!channel.engine.leaseHasExpired)
    }
    channel.daemonSays("{\"type\":\"hello\",\"version\":1,\"session\":\"s\",\"lease\":0}\n")
    _ = try channel.engine.receive()
    #expect(channel.engine.millisecondsToLeaseEnd == nil && !channel.engine.leaseHasExpired)
  }

  @Test func aLeaseExpires() throws {
    let channel = try Channel()
    channel.daemonSays("{\"type\":\"hello\",\"version\":1,\"session\":\"s\",\"lease\":1}\n")
    _ = try channel.engine.receive()
    // As an engine waits: until something comes, or the lease ends.
    var descriptor = pollfd(fd: channel.engine.descriptor, events: Int16(POLLIN), revents: 0)
    while let left = channel.engine.millisecondsToLeaseEnd, left > 0 { poll(&descriptor, 1, left) }
    #expect(channel.engine.leaseHasExpired)
    // A word is enough.
    channel.daemonSays("\n")
    _ = try channel.engine.receive()
    #expect(!channel.engine.leaseHasExpired)
  }

  @Test func aLeaseDoesNotExpireWhileTheFarEndIsHeard() throws {
    let channel = try Channel()
    channel.daemonSays("{\"type\":\"hello\",\"version\":1,\"session\":\"s\",\"lease\":2}\n")
    _ = try channel.engine.receive()
    let start = ContinuousClock().now
    while !channel.engine.isWithoutDaemon { poll(nil, 0, 10) }
    #expect(channel.engine.leaseHasExpired)
    // Heard long ago, and heard now.
    channel.engine.noteFarEnd(heardAt: 0)
    #expect(channel.engine.leaseHasExpired)
    channel.engine.noteFarEnd()
    #expect(!channel.engine.leaseHasExpired && channel.engine.isWithoutDaemon)
    // What is told late takes nothing back.
    channel.engine.noteFarEnd(heardAt: 1)
    #expect((1...2000).contains(channel.engine.millisecondsToLeaseEnd ?? 0))
    // A time that has not come yet is none to wait for.
    channel.engine.noteFarEnd(heardAt: .max)
    #expect((1...2000).contains(channel.engine.millisecondsToLeaseEnd ?? 0))
    while let left = channel.engine.millisecondsToLeaseEnd, left > 0 { poll(nil, 0, left) }
    #expect(channel.engine.leaseHasExpired && ContinuousClock().now - start > .seconds(3))
  }

  @Test func withoutALeaseADaemonMayBeAwayForEver() throws {
    let channel = try Channel()
    channel.engine.noteFarEnd()
    #expect(!channel.engine.isWithoutDaemon && !channel.engine.leaseHasExpired)
  }
}

/// A socket pair with an engine's runtime at one end.
private final class Channel {
  let engine: EngineRuntime
  private let engineEnd: Int32
  private var daemonEnd: Int32
  private var framer = LineFramer()

  struct NoSocketPair: Error {}

  init() throws {
    var ends: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0 else { throw NoSocketPair() }
    (engineEnd, daemonEnd) = (ends[0], ends[1])
    engine = EngineRuntime(input: engineEnd, output: engineEnd)
  }

  deinit {
    close(engineEnd)
    closeDaemon()
  }

  func closeDaemon() {
    if daemonEnd >= 0 { close(daemonEnd) }
    daemonEnd = -1
  }

  func daemonSays(_ text: String) {
    let bytes = Array(text.utf8)
    #expect(write(daemonEnd, bytes, bytes.count) == bytes.count)
  }

  /// An `attach` with a descriptor.
  func daemonPasses(_ descriptor: Int32) -> Bool {
    EngineRequest.attach.send(on: daemonEnd, passing: descriptor)?.isEmpty == true
  }

  /// All that is there now.
  func daemonHears() throws -> [EngineMessage] {
    var messages: [EngineMessage] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while case let count = recv(daemonEnd, &buffer, buffer.count, Int32(MSG_DONTWAIT)), count > 0 {
      for line in try framer.lines(of: buffer[..<count]) { messages.append(try EngineMessage(line: line)) }
    }
    return messages
  }
}

// SPDX-License-Identifier: Apache-2.0
import Glibc
import OngoingCallTestSupport
import Testing

@testable import Systemd

/// What happens to those who tell a process that does not read: a real socket that nobody reads.
@Suite(.timeLimit(.minutes(1))) struct DatagramOutletTests {
  private let folder = TemporaryFolder()

  /// What belongs to the loop's thread, and is let go there.
  @EventLoopActor
  private final class Room {
    var outlet: DatagramOutlet?
    var writer: JournalWriter?

    func leave() { (outlet, writer) = (nil, nil) }
  }

  /// Sends as many as there is room for, and returns how many that were.
  @EventLoopActor
  private func fill(_ outlet: DatagramOutlet) throws -> Int {
    for number in 0..<10_000 {
      switch outlet.send(Array("\(number)".utf8)) {
      case .sent: continue
      case .waits: return number + 1
      case let outcome: throw SystemError("\(outcome)", errno: 0)
      }
    }
    throw SystemError("fill the socket", errno: 0)
  }

  @Test func whatHasNoRoomWaitsAndGoesOnInItsOrder() async throws {
    let listener = try Listener(at: folder["socket"])
    let resumed = try await onEventLoop { Mailbox<Int>() }
    let room = Room()
    let count = try await onEventLoop {
      let outlet = DatagramOutlet(to: folder["socket"], limit: 1000, resumed: { dropped, _ in resumed.put(dropped) })
      room.outlet = outlet
      var count = try fill(outlet)
      // With its overhead each is less than 100 bytes.
      while outlet.send(Array("\(count)".utf8)) == .waits { count += 1 }
      #expect(outlet.send([0]) == .dropped)
      return count
    }
    for number in 0..<count { #expect(await listener.next() == "\(number)") }
    #expect(await resumed.next() == 2)
    try await onEventLoop { #expect(room.outlet?.send(Array("on".utf8)) == .sent) }
    #expect(await listener.next() == "on")
    await room.leave()
  }

  @Test func whatWaitedInVainIsCounted() async throws {
    let listener = try Listener(at: folder["socket"])
    let resumed = try await onEventLoop { Mailbox<Int>() }
    let room = Room()
    try await onEventLoop {
      var results = [-EAGAIN, -EINVAL]
      let outlet = DatagramOutlet(
        to: folder["socket"], limit: 1000, send: { _, _, _ in results.isEmpty ? 0 : results.removeFirst() },
        resumed: { dropped, _ in resumed.put(dropped) })
      room.outlet = outlet
      #expect(outlet.send([1]) == .waits)
      #expect(outlet.send([2]) == .sent)
    }
    #expect(await resumed.next() == 1)
    await room.leave()
    withExtendedLifetime(listener) {}
  }

  @Test func whatWaitsAtTheEndIsSentAsFarAsItIsTaken() async throws {
    let listener = try Listener(at: folder["socket"])
    let room = Room()
    let count = try await onEventLoop {
      let outlet = DatagramOutlet(to: folder["socket"], limit: 1000)
      room.outlet = outlet
      let count = try fill(outlet)
      outlet.finish(within: .milliseconds(20))
      #expect(outlet.endsWith(Array("\(count - 1)".utf8)), "nobody has taken any")
      return count
    }
    async let taken = {
      var texts: [String?] = []
      for _ in 0..<count { texts.append(await listener.next()) }
      return texts
    }()
    try await onEventLoop { room.outlet?.finish(within: .seconds(20)) }
    #expect(await taken == (0..<count).map { "\($0)" })
    await room.leave()
  }

  @Test func anotherProcessTakesThePlaceOfOneThatIsGone() async throws {
    var listener: Listener? = try Listener(at: folder["socket"])
    let room = Room()
    try await onEventLoop {
      room.outlet = DatagramOutlet(to: folder["socket"], limit: 1000)
      #expect(room.outlet?.send(Array("one".utf8)) == .sent)
    }
    #expect(await listener?.next() == "one")
    listener = nil
    try await onEventLoop {
      for _ in 0..<2 { if case .failed = room.outlet?.send([0]) {} else { Issue.record("it was sent") } }
    }
    listener = try Listener(at: folder["socket"])
    try await onEventLoop { #expect(room.outlet?.send(Array("two".utf8)) == .sent) }
    #expect(await listener?.next() == "two")
    await room.leave()
  }

  @Test func aDescriptorThatWaitsIsADuplicate() async throws {
    let listener = try Listener(at: folder["socket"])
    let room = Room()
    let count = try await onEventLoop {
      let outlet = DatagramOutlet(to: folder["socket"], limit: 10_000)
      room.outlet = outlet
      let count = try fill(outlet)
      let descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)
      #expect(outlet.send(Array("\(count)".utf8), descriptor) == .waits)
      close(descriptor)
      return count
    }
    for number in 0...count { #expect(await listener.next() == "\(number)") }
    #expect(listener.descriptors == 1)
    await room.leave()
  }

  @Test func ofADescriptorThatIsDroppedNothingIsKept() async throws {
    let listener = try Listener(at: folder["socket"])
    let room = Room()
    var ends: [Int32] = [-1, -1]
    try #require(pipe(&ends) == 0)
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
    let (reading, writing) = (ends[0], ends[1])
    try await onEventLoop {
      // There is room here for one.
      let outlet = DatagramOutlet(to: folder["socket"], limit: 100)
      room.outlet = outlet
      _ = try fill(outlet)
      #expect(outlet.send([0], writing) == .dropped)
    }
    close(writing)
    var byte: UInt8 = 0
    #expect(read(reading, &byte, 1) == 0)
    close(reading)
    await room.leave()
    withExtendedLifetime(listener) {}
  }

  @Test func aLargeEntryOfTheJournalGoesAsSealedMemory() async throws {
    let listener = try Listener(at: folder["socket"])
    let text = String(repeating: "x", count: 1 << 20)
    try await onEventLoop {
      let writer = JournalWriter(to: folder["socket"])
      #expect(writer.write(Journal.encode(.info, text, [])))
    }
    #expect(await listener.next() == "")
    #expect(listener.descriptors == 1)
    let sealed = fcntl(listener.last, 1034 /* F_GET_SEALS */)
    #expect(sealed == 0xF)
    #expect(lseek(listener.last, 0, SEEK_END) > 1 << 20)
  }

  @Test func whatTheJournalHasDroppedIsToldWhenItGoesOn() async throws {
    let listener = try Listener(at: folder["socket"])
    let room = Room()
    try await onEventLoop {
      let writer = JournalWriter(to: folder["socket"], limit: 500)
      for _ in 0..<5000 { #expect(writer.write(Journal.encode(.info, "again", []))) }
      room.writer = writer
    }
    var last = ""
    var count = 0
    while !last.contains("were dropped") {
      last = await listener.next()
      count += 1
    }
    // When that has no room either, it comes when there is.
    try await onEventLoop {
      for _ in 0..<5000 { #expect(room.writer?.write(Journal.encode(.info, "once more", [])) == true) }
    }
    var again = ""
    while !again.contains("were dropped") { again = await listener.next() }
    #expect(last.contains("; \(5000 - count + 1) entries were dropped\n"))
    await room.leave()
  }

  @Test func whereThereIsNoJournalTheEntryIsNotTaken() async throws {
    try await onEventLoop { #expect(!JournalWriter(to: folder["nowhere"]).write([0])) }
  }

  @Test func anEntryOfSeveralLinesIsWrittenWithItsLength() {
    let entry = Journal.encode(.warning, "a\nb", [("X", "y"), ("_NOT", "z")])
    let name = CommandLine.arguments[0].split(separator: "/").last ?? ""
    let expected =
      Array("MESSAGE\n".utf8) + [3, 0, 0, 0, 0, 0, 0, 0]
      + Array("a\nb\nPRIORITY=4\nSYSLOG_IDENTIFIER=\(name)\nX=y\n".utf8)
    #expect(entry == expected)
  }

  @Test func standardErrorThatNobodyReadsIsNotWaitedFor() async {
    await #expect(processExitsWith: .success) {
      var ends: [Int32] = [-1, -1]
      pipe(&ends)
      dup2(ends[1], STDERR_FILENO)
      // More than the pipe's 64 KiB.
      for _ in 0..<10_000 { StandardError.say("nobody reads this, and nobody has to\n") }
      socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends)
      dup2(ends[1], STDERR_FILENO)
      for _ in 0..<10_000 { StandardError.say("nobody reads this, and nobody has to\n") }
      // What says how this test has gone does wait.
      dup2(open("/dev/null", O_WRONLY), STDERR_FILENO)
    }
  }
}

/// A process that reads when it is told to.
private final class Listener {
  private let descriptor: Int32
  private let path: String
  private(set) var descriptors = 0
  private(set) var last: Int32 = -1

  init(at path: String) throws {
    self.path = path
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try SystemError.checkCall(result, "bind \(path)")
  }

  deinit {
    close(descriptor)
    if last >= 0 { close(last) }
    unlink(path)
  }

  /// The next datagram, which is on its way; waited for on a thread of its own.
  func next() async -> String {
    var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    while poll(&ready, 1, 0) == 0 { await Task.yield() }
    var buffer = [UInt8](repeating: 0, count: 4096)
    var control = [UInt8](repeating: 0, count: 256)
    let (count, received) = buffer.withUnsafeMutableBytes { buffer in
      control.withUnsafeMutableBytes { control in
        var part = iovec(iov_base: buffer.baseAddress, iov_len: buffer.count)
        return withUnsafeMutablePointer(to: &part) { part in
          var message = msghdr()
          (message.msg_iov, message.msg_iovlen) = (part, 1)
          (message.msg_control, message.msg_controllen) = (control.baseAddress, control.count)
          let count = recvmsg(descriptor, &message, Int32(MSG_CMSG_CLOEXEC))
          let header = MemoryLayout<cmsghdr>.size
          guard message.msg_controllen > header, let base = control.baseAddress else { return (count, Int32(-1)) }
          return (count, base.load(fromByteOffset: header, as: Int32.self))
        }
      }
    }
    if received >= 0 {
      if last >= 0 { close(last) }
      (descriptors, last) = (descriptors + 1, received)
    }
    return String(decoding: buffer[..<max(0, count)], as: UTF8.self)
  }
}

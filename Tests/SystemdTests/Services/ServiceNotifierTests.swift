// SPDX-License-Identifier: Apache-2.0
import Glibc
import OngoingCallTestSupport
import Testing

@testable import Systemd

/// What the service manager hears: a socket of the test's own is `$NOTIFY_SOCKET`, in a process of its own.
@Suite struct ServiceNotifierTests {
  @Test func statesAreToldInOneLine() async {
    await #expect(processExitsWith: .success) {
      let manager = ServiceManagerSocket()
      try await onEventLoop {
        ServiceNotifier.ready("No calls")
        // What looks like an assignment of its own must not become one.
        ServiceNotifier.status("one\nMAINPID=1\ntwo")
        ServiceNotifier.stopping("bye")
      }
      try manager.expect("READY=1\nSTATUS=No calls")
      try manager.expect("STATUS=one MAINPID=1 two")
      try manager.expect("STOPPING=1\nSTATUS=bye")
    }
  }

  @Test func aReloadIsToldWithItsTime() async {
    await #expect(processExitsWith: .success) {
      let manager = ServiceManagerSocket()
      let before = Self.monotonic
      try await onEventLoop { ServiceNotifier.reloading() }
      let told = manager.next()
      try #require(told.hasPrefix("RELOADING=1\nMONOTONIC_USEC="))
      let time = try #require(Int(told.split(separator: "=").last ?? ""))
      try #require((before...Self.monotonic).contains(time))
    }
  }

  /// µs
  private static var monotonic: Int { Int(SystemClock.monotonic.now) }

  @Test func withoutAServiceManagerNothingHappens() async {
    await #expect(processExitsWith: .success) {
      unsetenv("NOTIFY_SOCKET")
      unsetenv("WATCHDOG_USEC")
      let (stored, watched) = try await onEventLoop {
        ServiceNotifier.ready("No calls")
        try FDStore.remove("channel.a")
        return (try FDStore.add("channel.a", 0), try Watchdog { true } != nil)
      }
      try #require(!stored && !watched)
    }
  }

  @Test func descriptorsAreStoredByName() async {
    await #expect(processExitsWith: .success) {
      let manager = ServiceManagerSocket()
      try await onEventLoop {
        let descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)
        try #require(try FDStore.add("channel.abc", descriptor))
        try FDStore.discard("channel.abc", descriptor)
        try #require(fcntl(descriptor, F_GETFD) == -1)
      }
      try manager.expect("FDSTORE=1\nFDPOLL=0\nFDNAME=channel.abc", descriptors: 1)
      try manager.expect("FDSTOREREMOVE=1\nFDNAME=channel.abc")
    }
  }

  @Test func aDescriptorThatIsClosedIsNotStored() async {
    await #expect(processExitsWith: .success) {
      _ = ServiceManagerSocket()
      try await onEventLoop {
        do throws(SystemError) {
          try FDStore.add("channel.abc", 999)
          exit(1)
        } catch {
          try #require(error == SystemError("store the descriptor channel.abc", errno: EBADF))
        }
      }
    }
  }

  @Test func whereTheyAreNotReadOneFeedingWaits() async {
    await #expect(processExitsWith: .success) {
      let manager = ServiceManagerSocket()
      try await onEventLoop { for _ in 0..<10_000 { ServiceNotifier.feedWatchdog() } }
      var (heard, last) = (0, "")
      while last != "STATUS=end" {
        last = manager.next()
        heard += last == "WATCHDOG=1" ? 1 : 0
        // What waits goes before it.
        if last.isEmpty { try await onEventLoop { ServiceNotifier.status("end") } }
      }
      // As many as a socket holds, and one more.
      #expect((1..<1000).contains(heard))
    }
  }

  @Test func theWatchdogIsFedAsLongAsAllIsWell() async {
    await #expect(processExitsWith: .success) {
      let manager = ServiceManagerSocket()
      setenv("WATCHDOG_USEC", "20000", 1)
      setenv("WATCHDOG_PID", "\(getpid())", 1)
      final class Health: @unchecked Sendable { var checks = 0 }
      let health = Health()
      let checked = try await onEventLoop { Mailbox<Void>() }
      let watchdog = try await onEventLoop {
        try Watchdog {
          health.checks += 1
          checked.put(())
          return health.checks <= 3
        }
      }
      // Three times by the timer, and once at the beginning; then it is asked, and not fed.
      _ = await checked.next(8)
      for _ in 0..<4 { try manager.expect("WATCHDOG=1") }
      try manager.expectNothing()
      // It belongs to the loop's thread, and so does letting go of it.
      try await onEventLoop { withExtendedLifetime(watchdog) { if EventLoop.main.isCurrent { exit(0) } } }
    }
  }
}

/// A datagram socket that the process is told is its service manager's.
final class ServiceManagerSocket {
  private struct Unexpected: Error { var text: String }
  private let descriptor: Int32

  init() {
    // In the abstract namespace: no file is left.
    let name = "ongoingcall-test-\(getpid())"
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0[1...].copyBytes(from: name.utf8) }
    let length = socklen_t(MemoryLayout<sa_family_t>.size + 1 + name.utf8.count)
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
    }
    precondition(bound == 0)
    setenv("NOTIFY_SOCKET", "@\(name)", 1)
  }

  /// The next message, or "".
  func next() -> String {
    var buffer = [UInt8](repeating: 0, count: 4096)
    return String(decoding: buffer[..<max(0, recv(descriptor, &buffer, buffer.count, 0))], as: UTF8.self)
  }

  /// The next message is `text`, with so many descriptors. Messages are there as soon as they are sent.
  func expect(_ text: String, descriptors: Int = 0) throws {
    var buffer = [UInt8](repeating: 0, count: 4096)
    var control = [UInt8](repeating: 0, count: 256)
    let (count, received) = buffer.withUnsafeMutableBytes { buffer in
      control.withUnsafeMutableBytes { control in
        var vector = iovec(iov_base: buffer.baseAddress, iov_len: buffer.count)
        return withUnsafeMutablePointer(to: &vector) { vector in
          var message = msghdr()
          message.msg_iov = vector
          message.msg_iovlen = 1
          message.msg_control = control.baseAddress
          message.msg_controllen = control.count
          let count = recvmsg(descriptor, &message, 0)
          // cmsghdr is the length of it all, with 16 bytes before the descriptors.
          let header = message.msg_controllen >= 16 ? control.load(as: cmsghdr.self) : nil
          let fds = header.map { $0.cmsg_type == Int32(SCM_RIGHTS) ? (Int($0.cmsg_len) - 16) / 4 : 0 } ?? 0
          return (count, fds)
        }
      }
    }
    let got = count < 0 ? "nothing" : String(decoding: buffer[..<count], as: UTF8.self)
    guard got == text, received == descriptors else { throw Unexpected(text: "\(got) with \(received) descriptors") }
  }

  func expectNothing() throws {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    guard count < 0 else { throw Unexpected(text: String(decoding: buffer[..<count], as: UTF8.self)) }
  }
}

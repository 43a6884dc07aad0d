// SPDX-License-Identifier: Apache-2.0
import Glibc
import OngoingCallTestSupport
import Testing

@testable import Systemd

@Suite struct KeptWatchesTests {
  @Test func aWatchStaysWithTheServiceManager() async {
    await #expect(processExitsWith: .success) {
      let manager = ServiceManagerSocket()
      let folder = TemporaryFolder()
      try await onEventLoop {
        let first = try EventSource.directory(folder.path) {}
        first.cancel()
        // The same is used again.
        _ = try EventSource.directory(folder.path) {}
      }
      try manager.expect("FDSTORE=1\nFDPOLL=0\nFDNAME=watch.\(folder.path)", descriptors: 1)
      try manager.expectNothing()
    }
  }

  @Test func whatAnotherProcessHasLeftIsGoneOnWith() async {
    await #expect(processExitsWith: .success) {
      let manager = ServiceManagerSocket()
      let folder = TemporaryFolder()
      let left = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
      var (wrong, other): ([Int32], [Int32]) = ([-1, -1], [-1, -1])
      try #require(pipe(&wrong) == 0 && pipe(&other) == 0)
      let (rest, isSeen) = try await onEventLoop { [wrong, other] in
        let rest = KeptWatches.takeOver([
          ("watch.\(folder.path)", left), ("watch./etc", wrong[0]), ("channel.a", other[0]),
        ])
        let seen = Mailbox<Void>()
        let source = try EventSource.directory(folder.path) { seen.put(()) }
        folder.write("", to: "a")
        let isSeen = await seen.next() != nil
        withExtendedLifetime(source) {}
        return (rest.map(\.name), isSeen)
      }
      try #require(rest == ["channel.a"] && isSeen)
      // Closed is what is no watch, and nothing else.
      var ends = [wrong[1], other[1]].map { pollfd(fd: $0, events: 0, revents: 0) }
      poll(&ends, 2, 0)
      try #require(ends.map { Int32($0.revents) } == [POLLERR, 0])
      try manager.expectNothing()
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
import Glibc
import LinuxFiles
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

/// The folder that one daemon has at a time.
@Suite(.timeLimit(.minutes(1))) struct RuntimeFolderTests {
  private let folder = TemporaryFolder()

  @Test func isOneDaemonsAtATime() async throws {
    let path = folder["run"]
    try await onEventLoop {
      let first = try RuntimeFolder(locking: path)
      #expect(throws: RuntimeFolder.Problem.taken(path, by: getpid())) { try RuntimeFolder(locking: path) }
      withExtendedLifetime(first) {}
    }
    // It ends with who has it.
    _ = try await onEventLoop { try RuntimeFolder(locking: path) }
  }

  @Test func oneThatIsAboutToBeGoneIsWaitedFor() async throws {
    let path = folder["run"]
    try await onEventLoop {
      var first: RuntimeFolder? = try RuntimeFolder(locking: path)
      #expect(first?.path == path)
      async let next = RuntimeFolder.locking(path, within: .seconds(30))
      try await EventSource.pause(.milliseconds(1))
      first = nil
      #expect(try await next.path == path)
    }
  }

  @Test func oneThatStaysIsNotWaitedForLong() async throws {
    let path = folder["run"]
    try await onEventLoop {
      let first = try RuntimeFolder(locking: path)
      await #expect(throws: RuntimeFolder.Problem.taken(path, by: getpid())) {
        try await RuntimeFolder.locking(path, within: .zero)
      }
      withExtendedLifetime(first) {}
    }
  }

  /// It cannot end, as a disk keeps it: it has its lock, and does nothing with it.
  @Test func ofADaemonThatWasKilledItNeedNotBeWaitedFor() async throws {
    let path = folder["run"]
    try await onEventLoop {
      let (killed, lives) = ({ (_: Int32) in true }, { (_: Int32) in false })
      var first: RuntimeFolder? = try RuntimeFolder(locking: path)
      var second: RuntimeFolder? = try RuntimeFolder(locking: path, wasKilled: killed)
      // Where the second lives, there is one; also when the first has ended.
      #expect(throws: RuntimeFolder.Problem.taken(path, by: getpid())) {
        try RuntimeFolder(locking: path, wasKilled: lives)
      }
      first = nil
      #expect(throws: RuntimeFolder.Problem.taken(path, by: getpid())) {
        try RuntimeFolder(locking: path, wasKilled: lives)
      }
      let third = try RuntimeFolder(locking: path, wasKilled: killed)
      second = nil
      #expect(throws: RuntimeFolder.Problem.taken(path, by: getpid())) {
        try RuntimeFolder(locking: path, wasKilled: lives)
      }
      withExtendedLifetime((first, second, third)) {}
    }
    _ = try await onEventLoop { try RuntimeFolder(locking: path) }
  }

  @Test func whoWasKilledIsKnownByTheSignalThatWaits() async throws {
    #expect(!ProcessStatus.wasKilled(getpid()) && !ProcessStatus.wasKilled(0))
    // One that has ended, and nobody knows yet.
    let child = SleepingProcess()
    #expect(!ProcessStatus.wasKilled(child.pid))
    child.kill()
    while !ProcessStatus.wasKilled(child.pid) { await Task.yield() }
  }

  @Test func needsNoRoomInIt() async throws {
    let path = folder["run"]
    _ = try await onEventLoop { try RuntimeFolder(locking: path) }
    #expect(Files.names(in: path) == [])
  }

  @Test func whatIsNoFolderOfThisUserIsLeftAlone() async throws {
    folder.write("", to: "file")
    #expect(symlink(folder["."], folder["link"]) == 0)
    try await onEventLoop {
      for name in ["file", "link", "missing/run"] {
        let problem = #expect(throws: RuntimeFolder.Problem.self) { try RuntimeFolder(locking: folder[name]) }
        #expect(problem?.isAnotherDaemon == false)
      }
    }
  }

  @Test(.enabled(if: geteuid() == 0, "only root may give a folder away"))
  func whatIsAnothersIsLeftAlone() async throws {
    try #require(mkdir(folder["elses"], 0o777) == 0 && chown(folder["elses"], 65534, 65534) == 0)
    try await onEventLoop {
      let path = folder["elses"]
      #expect(throws: RuntimeFolder.Problem.ofOthers(path, owner: 65534)) { try RuntimeFolder(locking: path) }
    }
  }

  @Test func aDaemonTakesNoArguments() {
    #expect(DaemonArguments([]) == .none)
    #expect(DaemonArguments(["--help"]) == .help && DaemonArguments(["--version"]) == .version)
    #expect(DaemonArguments(["--version", "-x"]) == .unknown("-x") && DaemonArguments([""]) == .unknown(""))
  }
}

// SPDX-License-Identifier: Apache-2.0
import Glibc
import OngoingCallTestSupport
import Testing

@testable import Systemd

/// Real programs, run as the daemon runs them.
@Suite(.timeLimit(.minutes(1))) struct ChildProgramTests {
  @EventLoopActor
  private static func run(
    _ path: String, _ arguments: [String], input: String = "", limit: Int = 1024,
    within patience: Duration = .seconds(30)
  ) async throws -> ChildProgram.Result {
    let results = Mailbox<ChildProgram.Result>()
    try ChildProgram(path, arguments, input: Array(input.utf8), limit: limit, within: patience) { results.put($0) }
    return try #require(await results.next())
  }

  @EventLoopActor
  private static func shell(
    _ script: String, input: String = "", limit: Int = 1024, within patience: Duration = .seconds(30)
  ) async throws -> ChildProgram.Result {
    try await run("/bin/sh", ["-c", script], input: input, limit: limit, within: patience)
  }

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  @Test func itGetsItsInputAndAnswers() async throws {
    let result = try await onEventLoop { try await Self.shell("cat; echo no >&2; exit 3", input: "what\nelse") }
    #expect(result.end == .exited(3))
    #expect(Self.text(result.output) == "what\nelse")
    #expect(Self.text(result.errors) == "no\n")
  }

  @Test func moreThanIsWantedIsNotRead() async throws {
    let result = try await onEventLoop { try await Self.shell("printf 1234567890; printf abcdefghij >&2", limit: 4) }
    #expect(result.end == .exited(0))
    #expect(Self.text(result.output) == "1234" && Self.text(result.errors) == "abcd")
  }

  @Test func itHasOnlyItsThreeDescriptorsAndNoOtherDirectory() async throws {
    let kept = open("/dev/null", O_RDONLY)
    defer { close(kept) }
    let result = try await onEventLoop { try await Self.run("/bin/ls", ["/proc/self/fd", "."], limit: 4096) }
    let lines = Self.text(result.output).split(separator: "\n").map(String.init)
    // The fourth is ls's own, of the folder.
    #expect(lines.filter { Int32($0) != nil } == ["0", "1", "2", "3"])
    #expect(lines.contains("proc"))
  }

  @Test func itIsKilledWhenItsTimeIsOver() async throws {
    let folder = TemporaryFolder()
    let result = try await onEventLoop {
      try await Self.shell("echo $$ >\(folder["pid"]); exec sleep 1000", within: .milliseconds(300))
    }
    #expect(result.end == nil && result.output.isEmpty)
    let pid = try #require(Self.number(in: folder["pid"]))
    // Killed at once, and nothing is left of it soon.
    try await onEventLoop {
      while kill(pid, 0) == 0 { try await EventSource.pause(.milliseconds(5)) }
    }
  }

  private static func number(in path: String) -> Int32? {
    let file = open(path, O_RDONLY)
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 32)
    let count = read(file, &bytes, bytes.count)
    return Int32(text(Array(bytes[..<max(0, count)])).filter(\.isNumber))
  }

  @Test func whatIsNoProgramIsToldApart() async throws {
    let folder = TemporaryFolder()
    folder.write("text", to: "file")
    let (missing, unable, killed) = try await onEventLoop {
      (
        try await Self.run(folder["none"], []), try await Self.run(folder["file"], []),
        try await Self.shell("kill -TERM $$")
      )
    }
    #expect(missing.end == .exited(ChildProgram.missing))
    #expect(unable.end == .exited(ChildProgram.notRunnable))
    #expect(killed.end == .killed(SIGTERM))
  }

  /// What does not read its input does not end who writes it.
  @Test func anInputThatNobodyReadsIsNoFailure() async throws {
    let input = String(repeating: "x", count: ChildProgram.inputLimit)
    let result = try await onEventLoop { try await Self.shell("exec <&-; exit 0", input: input) }
    #expect(result.end == .exited(0))
    _ = try await onEventLoop {
      #expect(throws: SystemError.self) {
        try ChildProgram("/bin/true", [], input: Array((input + "x").utf8), limit: 0, within: .seconds(1)) { _ in }
      }
    }
  }

  /// A child of the process for files' kind does not take its exit status away.
  @Test func itsStatusIsKnownBesideAForkedProcess() async {
    await #expect(processExitsWith: .success) {
      let forked = try ForkedProcess(named: "test") { socket in
        var byte: UInt8 = 0
        _ = read(socket, &byte, 1)
      }
      let result = try await onEventLoop {
        try forked.reapAtEnd()
        return try await Self.shell("exit 5")
      }
      try #require(result.end == .exited(5))
      close(forked.socket)
      // Nothing of the other is left when it has ended.
      try await onEventLoop {
        while kill(forked.pid, 0) == 0 { try await EventSource.pause(.milliseconds(5)) }
      }
    }
  }
}

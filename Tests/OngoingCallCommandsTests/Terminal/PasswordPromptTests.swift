// SPDX-License-Identifier: Apache-2.0
import CLinux
import CallModel
import Glibc
import LinuxFiles
import OngoingCallTestSupport
import Synchronization
import Testing

@testable import OngoingCallCommands

/// On real terminals; in processes of their own, whose signals and terminal it changes.
@Suite(.timeLimit(.minutes(1))) struct PasswordPromptTests {
  /// What is typed, when the prompt is on the screen, and what is on the screen in the end.
  private static func typed(_ text: String, on master: Int32, after prompt: String) -> String {
    var screen = ""
    func readMore() {
      var buffer = [UInt8](repeating: 0, count: 4096)
      var poll = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
      _ = Glibc.poll(&poll, 1, 30_000)
      let count = Glibc.read(master, &buffer, buffer.count)
      if count > 0 { screen += String(decoding: buffer[..<count], as: UTF8.self) }
    }
    while !screen.contains(prompt) { readMore() }
    _ = Descriptor.write(Array(text.utf8)[...], to: master)
    // With a carriage return it is one character.
    while !screen.utf8.contains(UInt8(ascii: "\n")) { readMore() }
    return screen
  }

  /// Does so in a thread of its own: those that tasks share may all be waiting.
  private final class Typist {
    private final class Work: Sendable {
      let text, prompt: String
      let master: Int32
      let screen = Mutex("")
      init(_ text: String, _ master: Int32, _ prompt: String) {
        (self.text, self.master, self.prompt) = (text, master, prompt)
      }
    }

    private let work: Work
    private var thread = pthread_t()

    init(_ text: String, on master: Int32, after prompt: String) {
      work = Work(text, master, prompt)
      let start: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { pointer in
        guard let pointer else { return nil }
        let work = Unmanaged<Work>.fromOpaque(pointer).takeRetainedValue()
        let screen = PasswordPromptTests.typed(work.text, on: work.master, after: work.prompt)
        work.screen.withLock { $0 = screen }
        return nil
      }
      let result = pthread_create(&thread, nil, start, Unmanaged.passRetained(work).toOpaque())
      precondition(result == 0, "no thread")
    }

    /// What is on the screen in the end.
    var screen: String {
      pthread_join(thread, nil)
      return work.screen.withLock { $0 }
    }
  }

  private static func echoes(_ descriptor: Int32) -> Bool {
    var modes = termios()
    return tcgetattr(descriptor, &modes) == 0 && modes.c_lflag & tcflag_t(ECHO) != 0
  }

  private static func text(_ password: Password) -> String {
    password.withBytes { String(decoding: $0, as: UTF8.self) }
  }

  private static func opened() throws -> (pair: clinux_pseudoterminal, path: String) {
    var pair = clinux_pseudoterminal()
    try #require(clinux_open_pseudoterminal(25, 80, &pair) == 0)
    let path = withUnsafeBytes(of: pair.path) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    return (pair, path)
  }

  @Test func whatIsTypedIsNotShown() async {
    await #expect(processExitsWith: .success) {
      let (pair, path) = try Self.opened()
      let typist = Typist("roze\u{7F}\u{7F}sebud\r", on: pair.master, after: "Password for me: ")
      var prompt = PasswordPrompt(text: "Password for me:")
      (prompt.terminal, prompt.input) = (path, pair.slave)
      let password = try prompt.read()
      try #require(Self.text(password) == "rosebud")
      // The line's end is.
      try #require(typist.screen == "Password for me: \r\n")
      try #require(Self.echoes(pair.slave))
    }
  }

  @Test func aFaultIsToldAndTheTerminalIsAsBefore() async {
    await #expect(processExitsWith: .success) {
      let (pair, path) = try Self.opened()
      let typist = Typist("\r", on: pair.master, after: "Password: ")
      var prompt = PasswordPrompt(text: "Password:")
      (prompt.terminal, prompt.input) = (path, pair.slave)
      do throws(CommandFailure) {
        _ = try prompt.read()
        exit(1)
      } catch {
        try #require(error.status == .usage && error.message.contains("the password is empty"))
      }
      _ = typist.screen
      try #require(Self.echoes(pair.slave))
    }
  }

  @Test(arguments: [SIGINT, SIGTERM, SIGHUP, SIGQUIT]) func signalsUndoIt(_ signal: Int32) async {
    await #expect(processExitsWith: .success) { [signal] in
      let (pair, path) = try Self.opened()
      // No core of it.
      var limit = rlimit(rlim_cur: 0, rlim_max: 0)
      setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
      var end: Int32 = -1
      let child = path.withCString { path in
        let child = clinux_fork("test", &end)
        guard child == 0 else { return child }
        // Only what is allowed in a copy of a process with several threads.
        let terminal = open(path, O_RDWR | O_NOCTTY)
        _ = write(end, "x", clinux_silent_enter(terminal) == 0 ? 1 : 0)
        while true { pause() }
      }
      var poll = pollfd(fd: end, events: Int16(POLLIN), revents: 0)
      try #require(Glibc.poll(&poll, 1, 30_000) == 1)
      try #require(!Self.echoes(pair.slave))
      kill(child, signal)
      var status: Int32 = 0
      try #require(waitpid(child, &status, 0) == child)
      try #require(status & 0x7F == signal)
      try #require(Self.echoes(pair.slave))
    }
  }

  @Test func standardInputIsReadToTheLinesEnd() throws {
    func read(_ text: String, isFromInput: Bool) throws -> String {
      let ends = try #require(Descriptor.pipe())
      defer { close(ends.reading) }
      #expect(Descriptor.write(Array(text.utf8)[...], to: ends.writing))
      close(ends.writing)
      var prompt = PasswordPrompt(text: "", isFromInput: isFromInput)
      (prompt.terminal, prompt.input) = ("/nowhere", ends.reading)
      return Self.text(try prompt.read())
    }
    for isFromInput in [true, false] {
      #expect(try read("rosebud\n", isFromInput: isFromInput) == "rosebud")
      #expect(try read("rosebud", isFromInput: isFromInput) == "rosebud")
      #expect(try read("rosebud\nelse\n", isFromInput: isFromInput) == "rosebud")
      #expect(try read(String(repeating: "x", count: 512) + "\n", isFromInput: isFromInput).count == 512)
      for wrong in ["", "\n", "a\u{7}\n", String(repeating: "x", count: 20_000)] {
        #expect(throws: CommandFailure.self) { try read(wrong, isFromInput: isFromInput) }
      }
    }
  }

  /// On a terminal, `-` reads its line without a prompt.
  @Test func withoutATerminalThereIsARemedy() throws {
    let (pair, _) = try Self.opened()
    defer {
      close(pair.master)
      close(pair.slave)
    }
    var prompt = PasswordPrompt(text: "Password:")
    (prompt.terminal, prompt.input) = ("/nowhere", pair.slave)
    #expect {
      try prompt.read()
    } throws: {
      ($0 as? CommandFailure)?.remedy == "give it on standard input"
    }
    prompt.isFromInput = true
    #expect(Descriptor.write(Array("rosebud\r".utf8)[...], to: pair.master))
    #expect(Self.text(try prompt.read()) == "rosebud")
  }
}

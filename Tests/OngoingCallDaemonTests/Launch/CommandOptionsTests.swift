// SPDX-License-Identifier: Apache-2.0
import CallModel
import EngineChannel
import Glibc
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

/// The options of a command: its program, arguments, environment and directory.
@Suite struct CommandOptionsTests {
  let engines = EngineFolder()
  let folder = TemporaryFolder()
  private let tool: String

  init() {
    folder.makeFolder("bin")
    folder.makeFolder("other")
    tool = folder.write("#!/bin/sh\n", to: "bin/tool", mode: 0o755)
    folder.write("#!/bin/sh\n", to: "other/tool", mode: 0o755)
    folder.write("text", to: "bin/text", mode: 0o644)
    folder.makeFolder("bin/folder")
    #expect(symlink(tool, folder["bin/link"]) == 0)
    #expect(symlink("/nonexistent", folder["bin/dangling"]) == 0)
    #expect(symlink("loop", folder["bin/loop"]) == 0)
    #expect(mkfifo(folder["bin/pipe"], 0o777) == 0)
  }

  private func spec(_ command: [String], _ options: (String, BusValue)...) throws(CallRefusal) -> LaunchSpec {
    try LaunchOptions([("command", .strings(command))] + options).spec(engines.catalog)
  }

  private func problem(_ command: [String], _ options: (String, BusValue)...) -> CallRefusal? {
    do throws(CallRefusal) {
      _ = try LaunchOptions([("command", .strings(command))] + options).spec(engines.catalog)
      return nil
    } catch { return error }
  }

  private func path(_ folders: String...) -> (String, BusValue) {
    ("environment", .strings(["PATH=" + folders.joined(separator: ":")]))
  }

  // MARK: The program

  @Test func anAbsolutePathIsTaken() throws {
    let spec = try spec([tool, "-a"])
    #expect(spec.command == [tool, "-a"])
    #expect(spec.uri == nil)
    #expect(spec.title == "tool")
    #expect(try self.spec([folder["bin/link"]]).command == [folder["bin/link"]])
  }

  @Test(arguments: ["text", "folder", "dangling", "loop", "pipe", "nothing", "tool/", "tool/x"])
  func whatIsNoExecutableFileIsRefused(_ name: String) {
    let path = folder["bin/\(name)"]
    #expect(
      problem([path]) == .invalidOption("command", "“\(path)” does not exist, or is not an executable file"))
    guard !name.contains("/") else { return }
    #expect(
      problem([name], self.path(folder["bin"]))
        == .invalidOption("command", "there is no program “\(name)” in \(folder["bin"])"))
  }

  @Test(arguments: ["./tool", "bin/tool", "../tool", "tool/"])
  func aRelativePathIsRefused(_ name: String) {
    #expect(
      problem([name], path(folder["bin"]))
        == .invalidOption("command", "“\(name)” is neither an absolute path nor a plain name"))
  }

  @Test func aNameIsLookedUpInThePathOfTheEnvironment() throws {
    #expect(try spec(["tool"], path(folder["bin"], folder["other"])).command == [tool])
    #expect(try spec(["tool"], path("/nonexistent", folder["other"], folder["bin"])).command == [folder["other/tool"]])
    #expect(try spec(["sh", "-c", "exit"]).command?.first?.hasPrefix("/") == true)
    // The last of the same name counts, as in execve(2)'s users.
    let twice = BusValue.strings(["PATH=\(folder["bin"])", "PATH=\(folder["other"])"])
    #expect(try spec(["tool"], ("environment", twice)).command == [folder["other/tool"]])
    // An empty or relative folder is never looked into.
    #expect(problem(["tool"], path("", ".", "bin")) != nil)
    #expect(problem(["tool"], path()) != nil)
    #expect(try spec(["tool"], path("", ".", folder["bin"])).command == [tool])
  }

  @Test func noProgramIsRefused() {
    #expect(problem([]) == .invalidOption("command", "it names no program"))
    #expect(problem(["", "a"]) == .invalidOption("command", "it names no program"))
  }

  @Test func whatARefusalRepeatsIsSafeToShow() throws {
    let hostile = "\u{1B}[31m\u{202E}\n\u{7}" + String(repeating: "x", count: 5000)
    for error in [
      problem([hostile]), problem(["/" + hostile]), problem(["a/" + hostile]),
      problem(["tool"], path("/" + hostile)),
      problem([tool], ("working-directory", .string("/" + hostile.prefix(4000)))),
      problem([tool], ("environment", .strings([hostile]))),
    ] {
      let message = try #require(error).message
      #expect(message.unicodeScalars.allSatisfy { $0.value >= 32 && $0.value != 0x202E }, "\(message)")
      #expect(message.utf8.count < 5000)
    }
  }

  // MARK: Arguments

  @Test func argumentsArriveUntouched() throws {
    let arguments = [
      "$HOME", "${HOME}", "%n", "%%", "a b", "\"q\"", "'", "\n", "", "\\x20", "--", "ü\u{202E}", "\u{1B}",
    ]
    let spec = try spec([tool] + arguments)
    #expect(spec.command == [tool] + arguments)
    #expect(spec.join.command == [tool] + arguments)
  }

  @Test func theCommandIsBounded() {
    #expect(problem([tool] + Array(repeating: "a", count: 255)) == nil)
    #expect(
      problem([tool] + Array(repeating: "a", count: 256))
        == .invalidOption("command", "it has 257 strings; at most 256 are allowed"))
    let rest = 32 * 1024 - tool.utf8.count
    #expect(problem([tool, String(repeating: "a", count: rest)]) == nil)
    #expect(
      problem([tool, String(repeating: "a", count: rest - 1), "bc"])
        == .invalidOption("command", "it is 32769 bytes long; at most 32768 are allowed"))
  }

  // MARK: Environment and directory

  @Test func theEnvironmentIsOfAssignments() throws {
    let variables = ["A=1", "B=", "C=a=b\n$HOME", "lower case=1"]
    #expect(try spec([tool], ("environment", .strings(variables))).environment == variables)
    #expect(try spec([tool], ("environment", .strings([]))).environment == [])
    for variable in ["A", "", "=", "=A"] {
      #expect(
        problem([tool], ("environment", .strings(["X=1", variable])))
          == .invalidOption("environment", "“\(variable)” is not NAME=VALUE"))
    }
  }

  @Test func theEnvironmentIsBounded() {
    func environment(_ count: Int) -> (String, BusValue) {
      ("environment", .strings(Array(repeating: "A=", count: count)))
    }
    #expect(problem([tool], environment(256)) == nil)
    #expect(
      problem([tool], environment(257))
        == .invalidOption("environment", "it has 257 strings; at most 256 are allowed"))
    #expect(problem([tool], ("environment", .strings(["A=" + String(repeating: "x", count: 16382)]))) == nil)
    #expect(
      problem([tool], ("environment", .strings(["A=" + String(repeating: "x", count: 16383)])))
        == .invalidOption("environment", "it is 16385 bytes long; at most 16384 are allowed"))
  }

  @Test func theWorkingDirectoryIsADirectory() throws {
    #expect(try spec([tool], ("working-directory", .string(folder.path))).workingDirectory == folder.path)
    #expect(try spec([tool], ("working-directory", .string("/"))).workingDirectory == "/")
    for path in ["", "bin", "/nonexistent", tool, "~", String(repeating: "/", count: 4095) + "x"] {
      #expect(
        problem([tool], ("working-directory", .string(path)))
          == .invalidOption("working-directory", "“\(path)” is not the absolute path of a directory"))
    }
    #expect(
      problem([tool], ("working-directory", .string(String(repeating: "/", count: 4097))))
        == .invalidOption("working-directory", "it is 4097 bytes long; at most 4096 are allowed"))
  }

  @Test func theTerminalIsTheCallersWish() throws {
    #expect(try !spec([tool]).terminal)
    #expect(try spec([tool], ("terminal", .bool(true))).terminal)
    #expect(try spec([tool], ("terminal", .bool(true))).join.terminal)
  }
}

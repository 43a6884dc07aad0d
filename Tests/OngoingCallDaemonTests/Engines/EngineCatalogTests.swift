// SPDX-License-Identifier: Apache-2.0
import CallModel
import Glibc
import OngoingCallTestSupport
import Testing

@testable import OngoingCallDaemon

@Suite struct EngineCatalogTests {
  let folder = TemporaryFolder()

  init() {
    folder.makeFolder("own")
    folder.makeFolder("shared")
  }

  private var catalog: EngineCatalog {
    EngineCatalog(directories: [folder["own"], folder["nonexistent"], folder["shared"]], logger: .silent)
  }

  private static func text(_ name: String, _ program: String = "/bin/sh", schemes: String = #"["s"]"#) -> String {
    #"{"name":"\#(name)","command":["\#(program)"],"schemes":\#(schemes)}"#
  }

  private func names() -> [String] { catalog.engines().map(\.name) }

  @Test func withoutAnyThereAreNone() throws {
    #expect(names() == [])
    #expect(
      throws: CallRefusal.engineNotFound(
        "no engine handles “sip:” addresses; installed engines handle none; \(InstallationRemedy.sip)")
    ) { try catalog.engine(forScheme: "sip") }
    #expect(throws: CallRefusal.engineNotFound("there is no engine “a”; installed: none")) {
      try catalog.engine(named: "a")
    }
  }

  @Test func ofTheSameNameTheFirstDirectoryWins() throws {
    folder.write(Self.text("a", "/own/a"), to: "own/zzz.json")
    folder.write(Self.text("a", "/shared/a"), to: "shared/aaa.json")
    folder.write(Self.text("b", "/shared/b"), to: "shared/b.json")
    #expect(names() == ["a", "b"])
    #expect(try catalog.engine(named: "a").command == ["/own/a"])
    #expect(try catalog.engine(named: "b").command == ["/shared/b"])
  }

  @Test func whatIsInstalledIsSeenAtOnce() {
    let catalog = catalog
    #expect(catalog.engines().isEmpty)
    folder.write(Self.text("a"), to: "own/a.json")
    #expect(catalog.engines().map(\.name) == ["a"])
    #expect(unlink(folder["own/a.json"]) == 0)
    #expect(catalog.engines().isEmpty)
  }

  @Test func aDescriptorIsReadWhole() throws {
    folder.write(
      #"""
      {"name": "full", "command": ["/bin/engine", "--flag", "$HOME"], "schemes": ["a", "b"], "later": [1, {}],
       "capabilities": ["mute", "unheard-of"], "settings": ["x"]}
      """#, to: "own/full.json")
    let engine = try catalog.engine(forScheme: "b")
    #expect(
      engine
        == EngineDescriptor(
          name: "full", command: ["/bin/engine", "--flag", "$HOME"], schemes: ["a", "b"],
          capabilities: ["mute", "unheard-of"], settings: ["x"]))
    #expect(engine.can(.mute))
    #expect(!engine.can(.hold))
  }

  @Test func anEngineForProgramsNeedsNoScheme() {
    folder.write(#"{"name":"a","command":["/a"],"capabilities":["command"]}"#, to: "own/a.json")
    #expect(names() == ["a"])
  }

  /// All of these are left out, and nothing else is.
  @Test(arguments: [
    "", "{", "null", "[]", "42", #""text""#, "{}", #"{"name":"x"}"#, #"{"command":["/x"],"schemes":["s"]}"#,
    #"{"name":1,"command":["/x"],"schemes":["s"]}"#, #"{"name":"x","command":"/x","schemes":["s"]}"#,
    #"{"name":"x","command":[],"schemes":["s"]}"#, #"{"name":"x","command":["x"],"schemes":["s"]}"#,
    #"{"name":"x","command":["/x",1],"schemes":["s"]}"#, #"{"name":"x","command":["/x"],"schemes":[]}"#,
    #"{"name":"x","command":["/x"]}"#, #"{"name":"x","command":["/x"],"schemes":"s"}"#,
    #"{"name":"x","command":["/x"],"schemes":["s"],"settings":{}}"#,
    #"{"name":"","command":["/x"],"schemes":["s"]}"#, #"{"name":"X","command":["/x"],"schemes":["s"]}"#,
    #"{"name":"a b","command":["/x"],"schemes":["s"]}"#, #"{"name":"../x","command":["/x"],"schemes":["s"]}"#,
    #"{"name":"x@y","command":["/x"],"schemes":["s"]}"#, #"{"name":"ä","command":["/x"],"schemes":["s"]}"#,
    #"{"name":"123456789012345678901234567890123","command":["/x"],"schemes":["s"]}"#,
    #"{"name":"x","command":["/x"],"schemes":["s"]} trailing"#, "\u{0}\u{1}\u{2}",
    String(repeating: "[", count: 100_000), String(repeating: #"{"a":"#, count: 100_000),
  ])
  func aBrokenDescriptorIsLeftOut(_ text: String) {
    folder.write(text, to: "own/broken.json")
    folder.write(Self.text("good"), to: "own/good.json")
    #expect(names() == ["good"])
  }

  @Test func theNameHasALongestLength() {
    let name = String(repeating: "a", count: 32)
    folder.write(Self.text(name), to: "own/a.json")
    #expect(names() == [name])
  }

  @Test func bytesThatAreNoTextAreLeftOut() {
    folder.write([0xFF, 0xFE, 0x00, 0x7B], to: "own/broken.json")
    folder.write(Self.text("good"), to: "own/good.json")
    #expect(names() == ["good"])
  }

  @Test func aHugeFileIsLeftOut() {
    let text = Self.text("huge")
    let padding = String(repeating: " ", count: Limit.fileBytes - text.utf8.count)
    folder.write(text + padding, to: "own/full.json")
    #expect(names() == ["huge"])
    folder.write(text + padding + " ", to: "own/full.json")
    #expect(names() == [])
    // Without an end.
    #expect(symlink("/dev/zero", folder["own/endless.json"]) == 0)
    #expect(names() == [])
  }

  @Test func onlyFilesOfItsSuffixAreRead() {
    for name in ["a", "a.json.bak", "a.JSON", "json", "README"] { folder.write(Self.text("a"), to: "own/\(name)") }
    #expect(names() == [])
    // Hidden, but of the suffix.
    folder.write(Self.text("a"), to: "own/.json")
    #expect(names() == ["a"])
  }

  @Test func linksAreFollowedWhereTheyLead() {
    folder.write(Self.text("linked"), to: "target")
    #expect(symlink(folder["target"], folder["own/linked.json"]) == 0)
    #expect(symlink("/nonexistent", folder["own/dangling.json"]) == 0)
    #expect(symlink("loop.json", folder["own/loop.json"]) == 0)
    #expect(symlink(folder["own"], folder["own/folder.json"]) == 0)
    #expect(names() == ["linked"])
  }

  @Test(.timeLimit(.minutes(1)))
  func whatIsNoFileNeitherHangsNorCounts() throws {
    folder.makeFolder("own/folder.json")
    #expect(mkfifo(folder["own/pipe.json"], 0o600) == 0)
    let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    defer { close(listener) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: folder["own/socket.json"].utf8) }
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    #expect(bound == 0)
    folder.write(Self.text("good"), to: "own/good.json")
    #expect(names() == ["good"])
    // Nor while somebody has the pipe open for writing and says nothing.
    let writer = open(folder["own/pipe.json"], O_RDWR | O_CLOEXEC)
    defer { close(writer) }
    #expect(names() == ["good"])
  }

  @Test func aDirectoryThatIsNoneIsPassedOver() {
    folder.write("x", to: "file")
    folder.write(Self.text("good"), to: "shared/good.json")
    let catalog = EngineCatalog(directories: ["", folder["file"], "/\u{1}", folder["shared"]], logger: .silent)
    #expect(catalog.engines().map(\.name) == ["good"])
  }

  /// Read again only where something has changed, and then at once.
  @Test func whatIsInstalledIsKnownWithoutReadingItAgain() async throws {
    let engines = EngineFolder()
    try await onEventLoop {
      let installed = InstalledEngines(engines.catalog)
      #expect(await installed.current().all.map(\.name) == ["command", "plain", "rooms", "sip"])
      #expect(await installed.current().all == engines.catalog.engines())
      engines.install(EngineDescriptor(name: "later", command: [engines.program], schemes: ["later"]))
      #expect(await installed.current().all.map(\.name) == ["command", "later", "plain", "rooms", "sip"])
      engines.folder.write("{}", to: "engines/plain.json")
      #expect(await installed.current().all.map(\.name) == ["command", "later", "rooms", "sip"])
      unlink(engines.folder["engines/later.json"])
      #expect(await installed.current().all.map(\.name) == ["command", "rooms", "sip"])
    }
  }
}

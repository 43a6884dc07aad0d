// SPDX-License-Identifier: Apache-2.0
import CallModel
import OngoingCall
import OngoingCallTestSupport
import Testing

/// `audio` and `record`.
@Suite struct AudioTests: DaemonSuite {
  let fixture: DaemonFixture
  let folder = TemporaryFolder()
  let tool: Tool

  init() throws {
    fixture = try DaemonFixture(call: DaemonFixture.standUp)
    tool = fixture.tool.with("XDG_DATA_HOME=\(folder.path)", "XDG_DATA_DIRS=\(folder.path)")
    folder.makeFolder("ongoingcall")
    folder.makeFolder("ongoingcall/engines")
  }

  /// An engine whose program, given `--devices`, does what the shell's lines say.
  private func install(_ name: String = "sip", devices: Bool = true, doing lines: String) {
    let program = folder.write(
      "#!/bin/sh\n[ \"$*\" = --devices ] || exit 3\n" + lines, to: "\(name)-engine", mode: 0o755)
    folder.write(
      #"{"name":"\#(name)","command":["\#(program)","--of-a-call"],"schemes":["\#(name)"],"devices":\#(devices)}"#,
      to: "ongoingcall/engines/\(name).json")
  }

  private static let some = """
    cat <<'LINES'
    {"direction":"speaker","name":"out","description":"Loud\\u001b[2J","default":true}
    {"direction":"microphone","name":"in one","description":"One","default":false}
    {"direction":"microphone","name":"in two","description":"Two","default":true,"later":[]}
    {"direction":"smell","name":"nose"}
    {"direction":"speaker","name":""}
    no line at all
    LINES

    """

  // MARK: List

  @Test(arguments: [["audio"], ["audio", "list"], ["--color", "never", "audio", "list"]])
  func devices(arguments: [String]) throws {
    install(doing: Self.some)
    install("command", devices: false, doing: "exit 1")
    let result = try tool.run(arguments)
    #expect(result.error == "")
    #expect(
      result.output == """
           KIND        NAME    DESCRIPTION
           microphone  in one  One
        *  microphone  in two  Two
        *  speaker     out     Loud[2J

        """)
    // Nobody was asked but the program.
    #expect(daemon.requests("Describe").isEmpty && daemon.requests("GetAll").isEmpty)
  }

  @Test func devicesInJSON() throws {
    install(doing: Self.some)
    let result = try tool.run("audio", "list", "--json")
    #expect(
      result.outputJSON?.devices == [
        .init(engine: "sip", direction: "speaker", name: "out", description: "Loud\u{1B}[2J", default: true),
        .init(engine: "sip", direction: "microphone", name: "in one", description: "One", default: false),
        .init(engine: "sip", direction: "microphone", name: "in two", description: "Two", default: true),
      ])
  }

  @Test func devicesOfSeveralEngines() throws {
    install("one", doing: #"echo '{"direction":"speaker","name":"a"}'"#)
    install("two", doing: #"echo '{"direction":"speaker","name":"b"}'"#)
    #expect(try tool.run("audio").output.contains("speaker  two     b"))
    #expect(
      try tool.run("audio", "list", "--engine", "two").output == "  KIND     NAME  DESCRIPTION\n  speaker  b     \n")
  }

  @Test func noDevices() throws {
    install(doing: "exit 0")
    #expect(try tool.run("audio").output == "no sound devices\n")
  }

  @Test(
    arguments: [
      ("echo no sound server >&2; exit 1", 1, "failed: no sound server"),
      ("exit 4", 1, "failed with exit status 4"),
      ("kill -9 $$", 1, "failed with exit status 137"), ("exec sleep 1000", 75, "took too long, or printed too much"),
      ("exec cat /dev/zero", 75, "took too long, or printed too much"),
    ] as [(String, Int32, String)])
  func aProgramThatFails(lines: String, status: Int32, words: String) throws {
    install(doing: lines)
    let result = try tool.run("audio", "list", "--timeout", "2")
    #expect(result.status == status && result.output == "")
    #expect(result.error.contains("--devices” " + words), "\(result.error)")
  }

  @Test func enginesThatAreNotThere() throws {
    let none = try tool.run("audio")
    #expect(none.status == 1 && none.error.contains("no installed engine lists sound devices"))
    install("command", devices: false, doing: "exit 1")
    #expect(try tool.run("audio", "list", "--engine", "sip").status == 64)
    #expect(try tool.run("audio", "list", "--engine", "command").error.contains("does not list sound devices"))
  }

  // MARK: Set

  @Test func choosing() throws {
    let result = try tool.run("audio", "set", "abcd", "--microphone", "in two", "--speaker", "default")
    #expect(result.output == "abcd0000 uses the microphone “in two” and the speaker “default”\n")
    #expect(
      daemon.requests("SetAudio").map(\.arguments) == [
        [.dictionary(["microphone": .string("in two"), "speaker": .string("")])]
      ])
    #expect(try tool.run("audio", "set", "--speaker", "x", "--json").outputJSON?.session?.id == "abcd0000")
  }

  @Test(arguments: [[], ["abcd0000"], ["--speaker", ""], ["--microphone", String(repeating: "m", count: 513)]])
  func nothingToChoose(arguments: [String]) throws {
    #expect(try tool.run(["audio", "set"] + arguments).status == 64)
    #expect(daemon.requests("SetAudio").isEmpty)
  }

  @Test func chosenAtTheLaunch() throws {
    let result = try tool.run("launch", "sip:a@example.org", "--microphone", "in one", "--speaker", "default")
    #expect(result.status == 0)
    let options = daemon.requests("Launch").first?.arguments.first?.asDictionary
    #expect(options?["microphone"] == .string("in one") && options?["speaker"] == .string(""))
    #expect(try tool.run("launch", "--adopt", "1", "--speaker", "x").status == 64)
  }

  // MARK: Record

  @Test(arguments: [("a b.wav", "/tmp/a b.wav"), ("/srv/a.wav", "/srv/a.wav"), ("../a.wav", "/tmp/../a.wav")])
  func recording(file: String, path: String) throws {
    let result = try tool.inside("/tmp").run("record", "start", file)
    #expect(result.output == "abcd0000 is being recorded to \(path)\n")
    #expect(daemon.requests("StartRecording").map(\.arguments) == [[.string(path)]])
    daemon.set("abcd0000", ["Recording": .string(path)])
    #expect(try tool.run("list").output.contains("joined, recording"))
    let stopped = try tool.run("record", "stop", "abcd").output
    #expect(stopped == "abcd0000 is no longer being recorded; the file is \(path)\n")
    daemon.set("abcd0000", ["Recording": .string("")])
    #expect(try tool.run("record", "stop").output == "abcd0000 is not being recorded\n")
    #expect(daemon.requests("StopRecording").count == 2)
  }

  @Test func aFileThatCannotBe() throws {
    daemon.on("StartRecording") { _ in [.fail(BusErrorName.engineFailed, "/srv/a.wav: the file is there already")] }
    let result = try tool.run("record", "start", "/srv/a.wav", "abcd0000")
    #expect(result.status == 1 && result.error == "ongoingcallctl: /srv/a.wav: the file is there already\n")
    #expect(try tool.run("record", "start").status == 64)
    #expect(try tool.run("record", "start", "").status == 64)
    #expect(try tool.run("record", "start", "/a", "nothere0").status == 66)
    #expect(try tool.run("record").status == 0)
  }
}

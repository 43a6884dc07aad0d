// SPDX-License-Identifier: Apache-2.0
import EngineChannel
import Testing

struct RequestCodecTests {
  static let lines: [(EngineRequest, String)] = [
    (
      .hello(.init(session: "7k3m9x2p", lease: 60)),
      #"{"lease":60,"session":"7k3m9x2p","type":"hello","version":1}"#
    ),
    (.join(.init(uri: "sip:a@b")), #"{"muted":false,"type":"join","uri":"sip:a@b"}"#),
    (
      .join(
        .init(
          command: ["a", "$HOME", ""], terminal: true, columns: 120, rows: 40, workingDirectory: "/x",
          environment: ["A=b"],
          settings: ["k": "v"], muted: true, resume: "r")),
      #"{"columns":120,"command":["a","$HOME",""],"environment":["A=b"],"muted":true,"resume":"r","rows":40,"#
        + #""settings":{"k":"v"},"terminal":true,"type":"join","working-directory":"/x"}"#
    ),
    (.leave, #"{"type":"leave"}"#),
    (
      .join(.init(uri: "sip:a@b", muted: true, held: false, resume: "x")),
      #"{"held":false,"muted":true,"resume":"x","type":"join","uri":"sip:a@b"}"#
    ),
    (
      .join(.init(uri: "sip:a@b", resume: "x", recording: "/a.wav")),
      #"{"muted":false,"recording":"/a.wav","resume":"x","type":"join","uri":"sip:a@b"}"#
    ),
    (
      .join(.init(uri: "sip:a@b", title: "Stand-up")),
      #"{"muted":false,"title":"Stand-up","type":"join","uri":"sip:a@b"}"#
    ),
    (
      .join(.init(uri: "sip:a@b", account: .init(address: "sip:me@b", authUser: "me", password: "p"))),
      #"{"account":{"address":"sip:me@b","auth-user":"me","password":"p"},"muted":false,"type":"join","uri":"sip:a@b"}"#
    ),
    (
      .join(.init(uri: "sip:a@b", account: .init(address: "sip:me@b", register: true, registrar: "sip:r.b"))),
      #"{"account":{"address":"sip:me@b","register":true,"registrar":"sip:r.b"},"muted":false,"type":"join","uri":"sip:a@b"}"#
    ),
    (.setMuted(true), #"{"muted":true,"type":"set-muted"}"#),
    (.setHeld(false), #"{"held":false,"type":"set-held"}"#),
    (.sendDtmf("1*#"), ##"{"digits":"1*#","type":"send-dtmf"}"##),
    (.setAudio(microphone: nil, speaker: nil), #"{"type":"set-audio"}"#),
    (.setAudio(microphone: "usb", speaker: ""), #"{"microphone":"usb","speaker":"","type":"set-audio"}"#),
    (.startRecording(file: "/home/a/b c.wav"), #"{"file":"/home/a/b c.wav","type":"start-recording"}"#),
    (.stopRecording, #"{"type":"stop-recording"}"#),
    (.network(reachable: false), #"{"reachable":false,"type":"network"}"#),
    (.ping(.max), #"{"serial":18446744073709551615,"type":"ping"}"#),
    (.attach, #"{"type":"attach"}"#),
    (.sendKeys("a\"ä\r\u{3}"), #"{"text":"a\"ä\r\u0003","type":"send-keys"}"#),
    (.report, #"{"type":"report"}"#),
    (.unknown(type: "later"), #"{"type":"later"}"#),
  ]

  @Test(arguments: lines)
  func isWrittenAndReadBack(_ request: EngineRequest, _ line: String) throws {
    let encoded = try request.encoded()
    #expect(String(decoding: encoded, as: UTF8.self) == line + "\n")
    #expect(try EngineRequest(line: Array(line.utf8)) == request)
    #expect(request.type == (line.split(separator: #""type":""#)[1].prefix { $0 != "\"" }))
  }

  @Test(arguments: [
    "\u{1F469}\u{200D}\u{1F680} \u{202E}", "\0", "\u{1}\u{1B}[31m\u{7F}\u{85}", "a\nb\r\n\t", "\"'\\/ \\u0041",
    "\u{2028}",
    "%n $HOME `id`", String(repeating: "é", count: 1000),
  ])
  func everyStringArrivesUntouched(_ text: String) throws {
    let join = EngineRequest.join(
      .init(command: [text, text], workingDirectory: text, environment: [text], settings: [text: text], resume: text))
    let line = try join.encoded()
    // One line, whatever is in it.
    #expect(line.firstIndex(of: UInt8(ascii: "\n")) == line.count - 1)
    #expect(try EngineRequest(line: line.dropLast()) == join)
  }

  @Test(arguments: [
    (#"{"type":"leave","type-of-tomorrow":{"a":[1,{}]},"muted":7}"#, EngineRequest.leave),
    (#" {"type" : "report"} "#, .report),
    (#"{"type":"join"}"#, .join(.init())),
    (#"{"type":"join","uri":null,"muted":null,"settings":null}"#, .join(.init())),
    (#"{"type":"later","muted":"of another type"}"#, .unknown(type: "later")),
    (#"{"type":""}"#, .unknown(type: "")),
    (#"{"type":"a\u001b[31m\nb"}"#, .unknown(type: "a[31m b")),
    (#"{"type":"hello","version":2,"session":"","lease":0}"#, .hello(.init(version: 2, session: "", lease: 0))),
  ])
  func isRead(_ line: String, _ request: EngineRequest) throws {
    #expect(try EngineRequest(line: Array(line.utf8)) == request)
  }

  @Test(arguments: [
    (#"{"type":"hello","version":1,"lease":60}"#, EngineProtocolError.missing(key: "session", type: "hello")),
    (#"{"type":"hello","version":1,"session":null,"lease":60}"#, .missing(key: "session", type: "hello")),
    (
      #"{"type":"hello","version":"1","session":"s","lease":60}"#,
      .wrongType(key: "version", type: "hello", expected: "a whole number")
    ),
    (#"{"type":"hello","version":1,"session":"s","lease":-1}"#, .badValue(key: "lease", value: "-1")),
    (#"{"type":"set-muted"}"#, .missing(key: "muted", type: "set-muted")),
    (
      #"{"type":"set-muted","muted":1}"#,
      .wrongType(key: "muted", type: "set-muted", expected: "true or false")
    ),
    (#"{"type":"set-held"}"#, .missing(key: "held", type: "set-held")),
    (#"{"type":"send-dtmf"}"#, .missing(key: "digits", type: "send-dtmf")),
    (
      #"{"type":"set-audio","speaker":1}"#, .wrongType(key: "speaker", type: "set-audio", expected: "a string")
    ),
    (#"{"type":"set-audio","microphone":"a\u0000b"}"#, .badValue(key: "microphone", value: "ab")),
    (#"{"type":"start-recording"}"#, .missing(key: "file", type: "start-recording")),
    (#"{"type":"start-recording","file":"b.wav"}"#, .badValue(key: "file", value: "b.wav")),
    (#"{"type":"start-recording","file":"/a\u0000b"}"#, .badValue(key: "file", value: "/ab")),
    (#"{"type":"send-keys"}"#, .missing(key: "text", type: "send-keys")),
    (#"{"type":"send-keys","text":7}"#, .wrongType(key: "text", type: "send-keys", expected: "a string")),
    (#"{"type":"send-keys","text":""}"#, .badValue(key: "text", value: "0 bytes")),
    (#"{"type":"send-keys","text":"secret\u0000"}"#, .badValue(key: "text", value: "7 bytes")),
    (#"{"text":"sec"#, .notAnObject(line: "12 bytes")),
    (#"{"type":"network"}"#, .missing(key: "reachable", type: "network")),
    (#"{"type":"ping"}"#, .missing(key: "serial", type: "ping")),
    (
      #"{"type":"ping","serial":-1}"#,
      .wrongType(key: "serial", type: "ping", expected: "a whole number from 0 to 18446744073709551615")
    ),
    (
      #"{"type":"ping","serial":1.5}"#,
      .wrongType(key: "serial", type: "ping", expected: "a whole number from 0 to 18446744073709551615")
    ),
    (
      #"{"type":"ping","serial":18446744073709551616}"#,
      .wrongType(key: "serial", type: "ping", expected: "a whole number from 0 to 18446744073709551615")
    ),
    (
      #"{"type":"ping","serial":1e999}"#,
      .wrongType(key: "serial", type: "ping", expected: "a whole number from 0 to 18446744073709551615")
    ),
    (
      #"{"type":"join","command":"sh"}"#,
      .wrongType(key: "command", type: "join", expected: "a list of strings")
    ),
    (
      #"{"type":"join","command":["sh",1]}"#,
      .wrongType(key: "command", type: "join", expected: "a list of strings")
    ),
    (
      #"{"type":"join","settings":["a"]}"#,
      .wrongType(key: "settings", type: "join", expected: "an object with strings as its values")
    ),
    (#"{"type":"join","uri":7}"#, .wrongType(key: "uri", type: "join", expected: "a string")),
  ])
  func isRefused(_ line: String, _ error: EngineProtocolError) {
    #expect(throws: error) { try EngineRequest(line: Array(line.utf8)) }
  }

  @Test(arguments: [4096, 4097])
  func keysAreBounded(_ length: Int) throws {
    // The longest line of all that a text can be.
    let request = EngineRequest.sendKeys(String(repeating: "\u{1}", count: length))
    let line = Array(try request.encoded().dropLast())
    #expect((try? EngineRequest(line: line)) == (length <= EngineProtocol.maximumKeysLength ? request : nil))
  }

  @Test(arguments: [(4095, 512, true), (4096, 513, false)])
  func pathsAndNamesOfDevicesAreBounded(_ path: Int, _ name: Int, _ fits: Bool) throws {
    for request in [
      EngineRequest.startRecording(file: "/" + String(repeating: "f", count: path - 1)),
      .setAudio(microphone: String(repeating: "m", count: name), speaker: nil),
    ] {
      let line = Array(try request.encoded().dropLast())
      #expect((try? EngineRequest(line: line)) == (fits ? request : nil))
    }
  }

  @Test(arguments: [
    "", " ", "garbage", "{", "}", "[]", "[{\"type\":\"leave\"}]", "null", "1", "\"leave\"", "{}", #"{"Type":"leave"}"#,
    #"{"type":7}"#, #"{"type":null}"#, #"{"type":["leave"]}"#, #"{"type":"leave"}}"#, #"{"type":"leave"} {}"#,
    #"{"type":"leave","x":}"#, #"{'type':'leave'}"#, #"{"type":"\ud800"}"#, "{\"type\":\"le\nave\"}",
  ])
  func isNoRequest(_ line: String) {
    #expect(throws: EngineProtocolError.self) { try EngineRequest(line: Array(line.utf8)) }
  }

  @Test func anAccountNeverShowsItsPassword() {
    let account = EngineRequest.Account(address: "sip:me@b", password: "the secret")
    let join = EngineRequest.join(.init(uri: "sip:a@b", account: account))
    var dumped = ""
    dump(join, to: &dumped)
    for text in ["\(join)", String(reflecting: join), dumped] { #expect(!text.contains("secret")) }
  }

  @Test(arguments: [
    ("password", 513), ("realm", 513), ("address", 2049), ("outbound-proxy", 2049), ("registrar", 2049),
  ])
  func anAccountIsBounded(key: String, length: Int) {
    let value = String(repeating: "x", count: length)
    let address = key == "address" ? "" : #""address":"sip:me@b","#
    let line = #"{"type":"join","uri":"sip:a@b","account":{\#(address)"\#(key)":"\#(value)"}}"#
    #expect(throws: EngineProtocolError.badValue(key: "account \(key)", value: "\(length) bytes")) {
      try EngineRequest(line: Array(line.utf8))
    }
  }
}

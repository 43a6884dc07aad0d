// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import EngineChannel
import Testing

struct MessageCodecTests {
  static let lines: [(EngineMessage, String)] = [
    (
      .state(EngineReport(.connecting), resume: nil),
      #"{"held":false,"muted":false,"state":"connecting","type":"state"}"#
    ),
    (.state(EngineReport(.ringing), resume: nil), #"{"held":false,"muted":false,"state":"ringing","type":"state"}"#),
    (
      .state(EngineReport(.joined, muted: true, onHold: true), resume: "r"),
      #"{"held":true,"muted":true,"resume":"r","state":"joined","type":"state"}"#
    ),
    (
      .state(EngineReport(.reconnecting(.farEnd)), resume: nil),
      #"{"cause":"far-end","held":false,"muted":false,"state":"reconnecting","type":"state"}"#
    ),
    (
      .state(EngineReport(.ended(.exited, detail: "exit status 3", exitStatus: 3)), resume: nil),
      #"{"detail":"exit status 3","exit-status":3,"held":false,"muted":false,"reason":"exited","state":"ended","#
        + #""type":"state"}"#
    ),
    (
      .state(EngineReport(.ended(.busy, detail: "", exitStatus: nil)), resume: nil),
      #"{"detail":"","held":false,"muted":false,"reason":"busy","state":"ended","type":"state"}"#
    ),
    (
      .media(MediaCounters(sent: 1, received: .max, lost: 0)),
      #"{"lost":0,"received":18446744073709551615,"sent":1,"type":"media"}"#
    ),
    (
      .media(MediaCounters(sent: 1, received: 2, lost: 3, roundTripMilliseconds: 4)),
      #"{"lost":3,"received":2,"round-trip-ms":4,"sent":1,"type":"media"}"#
    ),
    (
      .media(
        MediaCounters(
          sent: 1, received: 2, lost: 3, roundTripMilliseconds: 4, codec: "opus/48000/2", jitterMilliseconds: 5,
          levelSent: -127, levelReceived: 0, audio: AudioUse(microphone: "m", speaker: "", fallback: [.speaker]),
          echoCancellation: true, isSending: false, encryption: "dtls")),
      #"{"codec":"opus/48000/2","echo-cancellation":true,"encryption":"dtls","fallback":["speaker"],"jitter-ms":5,"#
        + #""level-received":0,"level-sent":-127,"lost":3,"microphone":"m","received":2,"round-trip-ms":4,"sending":false,"sent":1,"speaker":"","#
        + #""type":"media"}"#
    ),
    (
      .state(EngineReport(.joined, recording: "/tmp/é.wav"), resume: nil),
      #"{"held":false,"muted":false,"recording":"/tmp/é.wav","state":"joined","type":"state"}"#
    ),
    (.digits(DigitCount(taken: 3, sent: 2)), #"{"sent":2,"taken":3,"type":"digits"}"#),
    (.pong(7), #"{"serial":7,"type":"pong"}"#),
    (
      .error(EngineError(.unsupported, request: "set-held", message: "no")),
      #"{"code":"unsupported","message":"no","request":"set-held","type":"error"}"#
    ),
    (.unknown(type: "later"), #"{"type":"later"}"#),
  ]

  @Test(arguments: lines)
  func isWrittenAndReadBack(_ message: EngineMessage, _ line: String) throws {
    #expect(String(decoding: try message.encoded(), as: UTF8.self) == line + "\n")
    #expect(try EngineMessage(line: Array(line.utf8)) == message)
  }

  @Test func everyReasonAndCauseIsReadBack() throws {
    for reason in EndReason.allCases {
      let message = EngineMessage.state(EngineReport(.ended(reason, detail: "d", exitStatus: nil)), resume: nil)
      #expect(try EngineMessage(line: message.encoded().dropLast()) == message)
    }
    for cause in InterruptionCause.allCases {
      let message = EngineMessage.state(EngineReport(.reconnecting(cause)), resume: nil)
      #expect(try EngineMessage(line: message.encoded().dropLast()) == message)
    }
  }

  @Test(arguments: [
    (#"{"type":"state","state":"joined"}"#, EngineMessage.state(EngineReport(.joined), resume: nil)),
    (#"{"type":"state","state":"joined","reason":[],"cause":7}"#, .state(EngineReport(.joined), resume: nil)),
    (#"{"type":"state","state":"reconnecting"}"#, .state(EngineReport(.reconnecting(.network)), resume: nil)),
    (
      #"{"type":"state","state":"reconnecting","cause":"new"}"#,
      .state(EngineReport(.reconnecting(.network)), resume: nil)
    ),
    (
      #"{"type":"state","state":"ended","reason":"removed","detail":"a\u001b[31m\nb\u202e"}"#,
      .state(EngineReport(.ended(.removed, detail: "a[31m b", exitStatus: nil)), resume: nil)
    ),
    (
      #"{"type":"media","sent":1,"received":1,"lost":0,"fallback":["ear","speaker","microphone","speaker"],"#
        + #""level-sent":7,"level-received":-1000,"codec":"a\u001b\nb","jitter-ms":null}"#,
      .media(
        MediaCounters(
          sent: 1, received: 1, lost: 0, codec: "a b", levelSent: 0, levelReceived: -127,
          audio: AudioUse(fallback: [.microphone, .speaker])))
    ),
    (#"{"type":"state","state":"joined","recording":null}"#, .state(EngineReport(.joined), resume: nil)),
    (#"{"type":"error"}"#, .error(EngineError(.failed, request: "", message: ""))),
    (#"{"type":"error","code":"new"}"#, .error(EngineError(.failed, request: "", message: ""))),
    (#"{"type":"later","state":{},"serial":"x"}"#, .unknown(type: "later")),
  ])
  func isRead(_ line: String, _ message: EngineMessage) throws {
    #expect(try EngineMessage(line: Array(line.utf8)) == message)
  }

  @Test(arguments: [
    (#"{"type":"state"}"#, EngineProtocolError.missing(key: "state", type: "state")),
    (#"{"type":"state","state":"flying"}"#, .badValue(key: "state", value: "flying")),
    (#"{"type":"state","state":"fly\u001bing"}"#, .badValue(key: "state", value: "flying")),
    (#"{"type":"state","state":7}"#, .wrongType(key: "state", type: "state", expected: "a string")),
    (#"{"type":"state","state":"ended"}"#, .missing(key: "reason", type: "state")),
    (#"{"type":"state","state":"ended","reason":"bored"}"#, .badValue(key: "reason", value: "bored")),
    (
      #"{"type":"state","state":"ended","reason":"exited","exit-status":256}"#,
      .badValue(key: "exit-status", value: "256")
    ),
    (
      #"{"type":"state","state":"ended","reason":"exited","exit-status":-1}"#,
      .badValue(key: "exit-status", value: "-1")
    ),
    (
      #"{"type":"state","state":"joined","muted":"yes"}"#,
      .wrongType(key: "muted", type: "state", expected: "true or false")
    ),
    (#"{"type":"media","sent":1,"received":1}"#, .missing(key: "lost", type: "media")),
    (
      #"{"type":"media","sent":1,"received":1,"lost":0,"level-sent":-1.5}"#,
      .wrongType(key: "level-sent", type: "media", expected: "a whole number")
    ),
    (
      #"{"type":"media","sent":1,"received":1,"lost":0,"fallback":"speaker"}"#,
      .wrongType(key: "fallback", type: "media", expected: "a list of strings")
    ),
    (#"{"type":"state","state":"joined","recording":""}"#, .badValue(key: "recording", value: "")),
    (#"{"type":"state","state":"joined","recording":"a.wav"}"#, .badValue(key: "recording", value: "a.wav")),
    (#"{"type":"pong"}"#, .missing(key: "serial", type: "pong")),
  ])
  func isRefused(_ line: String, _ error: EngineProtocolError) {
    #expect(throws: error) { try EngineMessage(line: Array(line.utf8)) }
  }

  @Test func textForPeopleIsCutBetweenCharacters() throws {
    for text in [
      String(repeating: "a", count: 60_000), String(repeating: "é", count: 300),
      String(repeating: "\u{1F469}\u{200D}\u{1F680}", count: 60),
    ] {
      let message = EngineMessage.state(EngineReport(.ended(.busy, detail: text, exitStatus: nil)), resume: nil)
      guard case .state(let report, _) = try EngineMessage(line: message.encoded().dropLast()),
        case .ended(_, let detail, _) = report.state
      else { throw EngineProtocolError.notAnObject(line: "not what was written") }
      #expect(detail.utf8.count <= 512 && detail.utf8.count > 490 && detail.hasSuffix("…"))
      #expect(text.hasPrefix(detail.dropLast()))
    }
    let fits = String(repeating: "é", count: 256)
    let message = EngineMessage.error(EngineError(.failed, request: fits, message: fits))
    #expect(try EngineMessage(line: message.encoded().dropLast()) == message)
  }

  @Test func resumeIsBounded() throws {
    for (count, isTaken) in [(16 * 1024, true), (16 * 1024 + 1, false)] {
      let text = String(repeating: "r", count: count)
      let line = try EngineMessage.state(EngineReport(.joined), resume: text).encoded().dropLast()
      if isTaken {
        #expect(try EngineMessage(line: Array(line)) == .state(EngineReport(.joined), resume: text))
      } else {
        #expect(throws: EngineProtocolError.self) { try EngineMessage(line: Array(line)) }
      }
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
import CallModel
import OngoingCall
import OngoingCallTestSupport
import Testing

@testable import OngoingCallCommands

/// `status --format` and `--follow`.
@Suite struct BarTests: DaemonSuite {
  let fixture: DaemonFixture

  init() throws { fixture = try DaemonFixture() }

  static let joined: [String: BusValue] = [
    "Title": .string("Stand-up"), "Uri": .string("sip:a@b"), "Engine": .string("sip"), "State": .string("joined"),
    "LaunchedAt": .uint64(1), "JoinedAt": .uint64(1_714_564_800_000_000), "Duration": .uint64(3_723_000_000),
  ]

  @Test(arguments: [
    ("plain", "Stand-up 1h 02m"),
    ("tmux", "#[fg=green]● Stand-up 1h 02m#[default]"),
    ("i3blocks", ##"{"full_text":"Stand-up 1h 02m","short_text":"1h 02m","color":"#5faf5f","markup":"none"}"##),
    (
      "waybar",
      #"{"text":"Stand-up 1h 02m","alt":"joined","class":["joined"],"#
        + #""tooltip":"abcd0000 Stand-up: joined since 12:00:00"}"#
    ),
    ("{title}|{state}|{elapsed}|{duration}|{since}", "Stand-up|joined|1:02:03|1h 02m|12:00:00"),
    ("{{{id}}} {uri} {engine} {muted}{hold}{recording}{quality}{more} {count}", "{abcd0000} sip:a@b sip  1"),
  ])
  func oneCall(format: String, line: String) throws {
    daemon.set("abcd0000", Self.joined)
    let result = try tool.run("status", "--format", format)
    #expect(result.status == 0)
    #expect(result.output == line + "\n")
    #expect(result.error == "")
  }

  @Test(arguments: [
    ("plain", ""), ("tmux", ""), ("i3blocks", #"{"full_text":""}"#),
    ("waybar", #"{"text":"","alt":"idle","class":"idle","tooltip":""}"#), ("{title} {count}", ""),
  ])
  func noCall(format: String, line: String) throws {
    daemon.set("abcd0000", ["State": .string("ended")])
    #expect(try tool.run("status", "--format", format).output == line + "\n")
  }

  @Test func severalCalls() throws {
    daemon.set("abcd0000", Self.joined.merging(["Muted": .bool(true), "OnHold": .bool(true)]) { $1 })
    daemon.set("abce0000", Self.joined.merging(["Title": .string("Review"), "LaunchedAt": .uint64(2)]) { $1 })
    daemon.set("abcf0000", ["Title": .string("Lunch"), "State": .string("launching"), "LaunchedAt": .uint64(3)])
    // The one that is talked in.
    #expect(try tool.run("status", "--format", "plain").output == "Review 1h 02m (+2)\n")
    #expect(try tool.run("status", "--format", "plain", "abcd").output == "Stand-up 1h 02m, muted, on hold\n")
    #expect(try tool.run("status", "--format", "plain", "abcf").output == "Lunch calling\n")
    #expect(try tool.run("status", "--format", "{more}").output == "+2\n")
  }

  @Test func markupAndCommandsInATitleAreText() throws {
    let hostile = "<b>&#[fg=red]#(reboot) %H \u{1B}[2J\n\"}"
    daemon.set("abcd0000", Self.joined.merging(["Title": .string(hostile)]) { $1 })
    let tmux = try tool.run("status", "--format", "tmux").output
    #expect(tmux.hasPrefix("#[fg=green]● <b>&##[fg=red]##(reboot) %H"))
    let waybar = try tool.run("status", "--format", "waybar").output
    #expect(waybar.hasPrefix(#"{"text":"&lt;b&gt;&amp;#[fg=red]#(reboot) %H"#))
    #expect(waybar.split(separator: "\n").count == 1)
    for format in ["plain", "i3blocks", "{title}"] {
      #expect(try tool.run("status", "--format", format).output.split(separator: "\n").count == 1)
    }
  }

  @Test(arguments: [
    ("other", "give plain, tmux, i3blocks, waybar"), ("{titel}", "unknown name “{titel}”"),
    ("{title", "unclosed “{”"), ("{id} }", "“}” without “{”"), ("", "give plain"),
  ])
  func aFormatThatIsNone(format: String, says: String) throws {
    let result = try tool.run("status", "--format", format)
    #expect(result.status == 64)
    #expect(result.error.contains(says), "\(result.error)")
  }

  @Test func noDaemonIsStartedForIt() throws {
    let bus = try PrivateBus(services: ["org.ongoingcall.Calls1": "/bin/false"])
    let result = try Tool(on: bus).run("status", "--format", "plain")
    #expect(result.status == 0, "\(result.error)")
    #expect(result.output == "\n")
  }

  // MARK: Following

  /// The states of a call, one after the other: each event has the next one asked for.
  private func play(_ states: [[String: BusValue]], _ id: String = "abcd0000") {
    daemon.on("GetManagedObjects") { request in
      let state = states[min(request.earlier, states.count - 1)]
      let interfaces = BusValue.array(
        [.entry(.string("org.ongoingcall.Calls1.Session"), .dictionary(state))], of: "{sa{sv}}")
      let objects = [BusValue.entry(.objectPath("/org/ongoingcall/Calls1/session/\(id)"), interfaces)]
      return [
        .reply([.array(objects, of: "{oa{sa{sv}}}")]), .event(id, "changed", sequence: UInt64(request.earlier + 1)),
      ]
    }
  }

  private static func state(_ name: String, _ more: [String: BusValue] = [:]) -> [String: BusValue] {
    joined.merging(["State": .string(name)]) { $1 }.merging(more) { $1 }
  }

  @Test func aLineForEachChange() throws {
    play([
      Self.state("launching", ["JoinedAt": .uint64(0)]), Self.state("launching", ["JoinedAt": .uint64(0)]),
      Self.state("joined"), Self.state("joined", ["Muted": .bool(true)]), Self.state("reconnecting"),
      Self.state("joined"), Self.state("ended"),
    ])
    let result = try tool.run("status", "--follow", "abcd0000")
    #expect(result.status == 0, "\(result.error)")
    #expect(
      result.output
        == "Stand-up calling\nStand-up 1h 02m\nStand-up 1h 02m, muted\nStand-up reconnecting\nStand-up 1h 02m\n\n")
  }

  @Test func inJSON() throws {
    // Time that passes is no change.
    play([Self.state("joined"), Self.state("joined", ["Duration": .uint64(9)]), Self.state("ended")])
    let result = try tool.run("status", "--follow", "--json", "abcd0000")
    let lines = result.output.split(separator: "\n")
    #expect(lines.count == 2)
    #expect(lines.first?.hasPrefix(#"{"version":1,"sessions":[{"id":"abcd0000","#) == true)
    #expect(lines.last == #"{"version":1,"sessions":[]}"#)
  }

  @Test(arguments: [
    ("1", 1), (#"{"name":"x","button":3,"x":1}"#, 3), (#"{"button" : 2}"#, 2), ("", nil), ("x", nil),
    (#"{"button":"x"}"#, nil), (#"{"button":99999999999999999999}"#, nil),
  ])
  func clicks(line: String, button: Int?) { #expect(ClickReader.button(line) == button) }
}

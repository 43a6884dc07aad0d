// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallModel
import OngoingCall

struct Status: CallCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show a call at a glance, or all that have not ended.",
    discussion: """
      A call that has ended can be shown for another minute, by its id.

      With --format or --follow it is one line for a bar or a prompt, which is empty where there is no call; neither \
      starts ongoingcalld. A template has names in braces: {title} {state} {duration} {elapsed} {since} {muted} {hold} \
      {recording} {quality} {id} {uri} {engine} {count} {more}. {duration} is in minutes, {elapsed} in seconds.

      With --json, --follow has an object on a line for each change:
      {"version":1,"sessions":[…]}.
      """)

  @Argument(
    help: "The call's id, or the beginning of it (default: all that have not ended).",
    completion: SessionCompletion.known)
  var id: String?
  @Flag(name: .shortAndLong, help: "Go on, with a line for each change.")
  var follow = false
  @Option(
    help: ArgumentHelp("One line: plain, tmux, i3blocks, waybar, or a template.", valueName: "format"),
    completion: .list(["plain", "tmux", "i3blocks", "waybar"]))
  var format: String?
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard !common.json || format == nil else { throw ValidationError("--json and --format exclude each other") }
    guard !common.quiet || !follow else { throw ValidationError("--quiet would leave nothing of --follow") }
    do { _ = try format.map { try BarFormat($0) } } catch { throw ValidationError("\(error)") }
  }

  func perform(with client: CallsClient) throws -> Answer {
    if follow || format != nil {
      let lines = StatusLines(
        client, format: common.json ? nil : try format.map { try BarFormat($0) } ?? .plain,
        only: try id.map { try chosen($0, with: client) }, isQuiet: common.quiet)
      try follow ? lines.follow() : lines.once()
      return .said
    }
    if let id {
      let info = try client.existing(try choose(id, with: client))
      return Answer(info.block(common.style), session: info)
    }
    let live = try client.sessions().filter { !$0.hasEnded }
    if live.isEmpty { try common.hintWithoutCalls() }
    return Answer(
      live.isEmpty ? "no calls" : live.map { $0.block(common.style) }.joined(separator: "\n\n"),
      json: ["sessions": .array(live.map(\.json))])
  }

  /// As ``choose(_:with:)``, without starting a daemon: where there is none there is no call.
  private func chosen(_ given: String, with client: CallsClient) throws -> String {
    try client.watch()
    if client.daemonIsThere || SessionID(given.lowercased()) != nil { return try choose(given, with: client) }
    throw CommandFailure.noSuchSession(given)
  }
}

// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallModel
import OngoingCall

struct Status: LookingCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show a call, or all calls that have not ended.",
    discussion: """
      A call that has ended can still be shown by its ID for one minute. status does not start ongoingcalld: where it \
      does not run, there is no call.

      With --format or --follow, status prints one line for a bar or a prompt; the line is empty if there is no call. \
      A template contains names in braces: {title} {state} {duration} {elapsed} {since} \
      {muted} {hold} {recording} {quality} {id} {uri} {engine} {count} {more}. {duration} is in minutes, {elapsed} in \
      seconds.

      With --json, --follow prints one object per change: {"version":1,"sessions":[…]}.
      """)

  @Argument(
    help: "The call's ID, a unique beginning of it, or its name (default: all calls that have not ended).",
    completion: SessionCompletion.known)
  var id: String?
  @Flag(name: .shortAndLong, help: "Keep running, and print a line for each change.")
  var follow = false
  @Option(
    help: ArgumentHelp("Print one line: plain, tmux, i3blocks, waybar, or a template.", valueName: "format"),
    completion: .list(["plain", "tmux", "i3blocks", "waybar"]))
  var format: String?
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard !common.json || format == nil else { throw ValidationError("--json and --format cannot be used together") }
    guard !common.quiet || !follow else { throw ValidationError("--quiet and --follow cannot be used together") }
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
      let known = try client.unlessAway { try client.existing(try choose(id, with: client)) }
      guard let info = known else { throw CommandFailure.noSuchSession(id) }
      return Answer(info.block(common.style), session: info)
    }
    let live = (try client.unlessAway { try client.sessions() } ?? []).filter { !$0.hasEnded }
    if live.isEmpty { try common.hintWithoutCalls() }
    return Answer(
      live.isEmpty ? "no calls" : live.map { $0.block(common.style) }.joined(separator: "\n\n"),
      json: ["sessions": .array(live.map(\.json))])
  }

  /// As ``choose(_:with:)``: where there is no daemon there is no call.
  private func chosen(_ given: String, with client: CallsClient) throws -> String {
    try client.watch()
    guard client.daemonIsThere || SessionID(given.lowercased()) != nil,
      let id = try client.unlessAway({ try choose(given, with: client) })
    else { throw CommandFailure.noSuchSession(given) }
    return id
  }
}

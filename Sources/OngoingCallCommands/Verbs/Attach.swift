// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallModel
import OngoingCall
import TerminalChannel

struct Attach: CallCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show the terminal of a call's program, and type into it.",
    discussion: """
      The program must have been launched with --terminal. Up to 256 terminals can attach; the program's terminal takes \
      the size of the one that was used last. On others you see the part of the screen for which there is room: the \
      top left part, or, where the cursor is beyond that, the part that ends with the cursor. The one that was used last \
      also answers what the program asks its terminal. The program waits for a terminal that reads slowly, but not for \
      one that has read nothing for half a second.

      The detach keys detach; so do “ongoingcallctl detach”, and closing the terminal. Afterwards your terminal is as it \
      was before. The first of the detach keys alone reaches the program after a short pause; typed twice, it reaches the \
      program once. So the keys for a view within another are, for example, Ctrl-\\ Ctrl-\\ d. What you paste never \
      detaches if the program asks for marked pastes, as shells and editors do.

      The exit status is 0 when you detach. When the program exits, it is the program's exit status, or 128 plus the \
      number of the signal that killed the program.
      """)

  @OptionGroup var session: SessionArgument
  @Option(
    help: ArgumentHelp("The keys that detach, for example ctrl-p,ctrl-q, or “none”.", valueName: "keys"))
  var detachKeys = DetachKeys.usual
  @Flag(help: "Only watch: do not type into the program, and do not resize its terminal.")
  var readOnly = false
  @OptionGroup var common: CommonOptions

  func perform(with client: CallsClient) throws -> Answer {
    let keys = try DetachKeys(detachKeys)
    let terminal = try CallerTerminal()
    let id = try choose(session.id, with: client)
    if CallAround.session == id { throw Self.isWithin(id) }
    if let around = CallAround.session, TerminalPlaces(client).isShown(around, within: id) {
      throw Self.wouldShowItself(id)
    }
    let view = try view(id, on: terminal, keys, client)
    if let end = view.greet() { throw failure(end, id, client) }
    try common.say(notice(try client.existing(id), keys))
    try terminal.enter()
    let end = view.run()
    terminal.leave()
    // On a line of its own, with nothing of the program's screen below.
    try StandardStream.output.write(line: "\u{1B}[J")
    return try answer(end, id, client)
  }

  /// Its screen would show what it shows, without end.
  private static func isWithin(_ id: String) -> CommandFailure {
    .usage(
      "this is the terminal of \(id) itself; it cannot show itself",
      remedy: "attach from another terminal: ongoingcallctl attach \(id)")
  }

  /// One terminal shows the other, which is to show the first.
  private static func wouldShowItself(_ id: String) -> CommandFailure {
    .usage(
      "the terminal of \(id) shows this one already; it cannot show itself",
      remedy: "attach from another terminal: ongoingcallctl attach \(id)")
  }

  private func view(
    _ id: String, on terminal: CallerTerminal, _ keys: DetachKeys, _ client: CallsClient
  ) throws -> TerminalView {
    let socket = try client.terminal(of: id)
    return TerminalView(socket, on: terminal, keys: keys, readOnly: readOnly)
  }

  private func notice(_ info: SessionInfo, _ keys: DetachKeys) -> String {
    // The view around this one takes the first key, unless it comes twice.
    let names = CallAround.session == nil ? keys.description : keys.nestedDescription
    let how = keys.keys.isEmpty ? "close the terminal to detach" : "\(names) detaches"
    return "[\(info.handle) \(shown(info.title, limit: 40))\(readOnly ? ", read-only" : ""): \(how)]"
  }
}

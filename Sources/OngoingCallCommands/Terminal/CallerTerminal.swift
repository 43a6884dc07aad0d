// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import TerminalChannel

/// The terminal of this process, while it shows the program of a call.
final class CallerTerminal {
  struct Event: OptionSet {
    let rawValue: Int32
    static let resized = Event(rawValue: Int32(CLINUX_RAW_RESIZED))
    static let continued = Event(rawValue: Int32(CLINUX_RAW_CONTINUED))
  }

  static let minimumColumns = 10
  static let minimumRows = 3

  let input: Int32 = STDIN_FILENO
  let output: Int32
  /// Can be read when there is an event; -1 before the terminal is raw.
  private(set) var events: Int32 = -1
  private var modes = ScreenModes()

  init() throws(CommandFailure) {
    for (descriptor, name) in [(STDIN_FILENO, "input"), (STDOUT_FILENO, "output")] where isatty(descriptor) == 0 {
      throw .usage(
        "standard \(name) is not a terminal", remedy: "attach from a terminal; over ssh, use “ssh -t”")
    }
    let type = CallerEnvironment.value(of: "TERM") ?? ""
    guard !Screen.isDumb else {
      throw .usage(
        "a terminal of the type “\(shown(type, limit: 40))” (TERM) cannot show a program's screen",
        remedy: "attach from another terminal, or set TERM to its type, for example TERM=xterm-256color")
    }
    output = clinux_reopen_terminal(STDOUT_FILENO)
    guard let size else { return }
    guard size.columns >= Self.minimumColumns, size.rows >= Self.minimumRows else {
      throw .usage(
        "the terminal is too small: \(size.columns) columns and \(size.rows) rows",
        remedy: "make it at least \(Self.minimumColumns) columns by \(Self.minimumRows) rows")
    }
  }

  /// nil where the terminal does not know.
  var size: TerminalSize? {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 else { return nil }
    return TerminalSize(columns: Int(size.ws_col), rows: Int(size.ws_row))
  }

  func enter() throws(CommandFailure) {
    prepareFarewell()
    guard clinux_raw_enter(input, output) == 0 else {
      throw CommandFailure(
        .failure, "terminal", "cannot switch the terminal to raw mode: \(String(cString: strerror(errno)))")
    }
    events = clinux_raw_events()
    modes.height = size?.rows
  }

  /// To be written before the program's output.
  var greeting: [UInt8] { ScreenModes.keepingTitle }

  /// To be written where the terminal was left for a while: as the program has it.
  var restoring: [UInt8] { greeting + modes.atRest.setting }

  func leave() { clinux_raw_leave() }

  func nextEvents() -> Event { Event(rawValue: clinux_raw_next_events()) }

  var isOnAlternateScreen: Bool { modes.alternateSince != nil }

  /// To be told when it was resized.
  func noteSize() {
    guard let rows = size?.rows, rows != modes.height else { return }
    modes.resize(height: rows)
  }

  /// To be told before it is written: what has to be undone in the end.
  func note(_ output: [UInt8]) {
    let revision = modes.revision
    modes.take(output)
    if modes.revision != revision { prepareFarewell() }
  }

  private func prepareFarewell() {
    let bytes = modes.undoing + ScreenModes.restoringTitle
    clinux_raw_set_farewell(bytes, bytes.count)
  }
}

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
    guard !Screen.isDumb else {
      let why =
        switch CallerEnvironment.value(of: "TERM") {
        case nil: "TERM is not set"
        case "": "TERM is empty"
        case let type?: "a terminal of the type “\(shown(type, limit: 40))” (TERM) cannot show a program's screen"
        }
      throw .usage(
        why,
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

  /// What is to be written for it. What has to be undone in the end is known from then on.
  func taking(_ output: [UInt8]) -> [UInt8] {
    let (start, saved) = (modes.taken, modes.savedModes.count)
    let revision = modes.revision
    modes.take(output)
    if modes.revision != revision { prepareFarewell() }
    var (bytes, written) = ([UInt8](), 0)
    for saved in modes.savedModes.dropFirst(saved) where saved.place >= start + written {
      bytes += output[written..<saved.place - start] + saved.saving
      written = saved.place - start
    }
    return written == 0 && bytes.isEmpty ? output : bytes + output[written...]
  }

  private func prepareFarewell() {
    let bytes = modes.undoing + modes.savedModes.flatMap(\.restoring) + ScreenModes.restoringTitle
    clinux_raw_set_farewell(bytes, bytes.count)
  }
}

// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Glibc

/// Whether there are colors.
enum ColorChoice: String, ExpressibleByArgument, CaseIterable {
  case auto
  case always
  case never

  /// `auto`: on a terminal that has colors, unless $NO_COLOR is set (no-color.org).
  func applies(to stream: StandardStream) -> Bool {
    switch self {
    case .always: true
    case .never: false
    case .auto:
      stream.isTerminal && (CallerEnvironment.value(of: "NO_COLOR") ?? "").isEmpty && !Screen.isDumb
    }
  }
}

/// Emphasis, where it can be seen.
struct TextStyle {
  var isColored: Bool

  static let plain = TextStyle(isColored: false)

  func bold(_ text: String) -> String { wrap(text, "1") }
  func faint(_ text: String) -> String { wrap(text, "2") }
  func good(_ text: String) -> String { wrap(text, "1;32") }
  func warning(_ text: String) -> String { wrap(text, "1;33") }
  func bad(_ text: String) -> String { wrap(text, "1;31") }

  private func wrap(_ text: String, _ code: String) -> String {
    isColored && !text.isEmpty ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
  }
}

/// The terminal that standard output is.
enum Screen {
  /// Narrower ones are taken to be so wide; what is written is broken by them.
  static let minimumColumns = 40

  static var isDumb: Bool { ["dumb", "", nil].contains(CallerEnvironment.value(of: "TERM")) }

  /// nil where standard output is none, or does not know.
  static var columns: Int? { size(\.ws_col) }
  private static var rows: Int? { size(\.ws_row) }

  private static func size(_ part: KeyPath<winsize, UInt16>) -> Int? {
    var size = winsize()
    guard ioctl(StandardStream.output.rawValue, UInt(TIOCGWINSZ), &size) == 0, size[keyPath: part] > 0 else {
      return nil
    }
    return Int(size[keyPath: part])
  }

  /// Of the terminal that the caller has, even if only errors or input are on it.
  static var callersSize: (columns: UInt32, rows: UInt32)? {
    for descriptor in [STDOUT_FILENO, STDIN_FILENO, STDERR_FILENO] {
      var size = winsize()
      guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { continue }
      return (min(UInt32(size.ws_col), 4096), min(UInt32(size.ws_row), 4096))
    }
    return nil
  }

  /// All of a text, with the prompt that comes after it.
  static func holds(_ text: String) -> Bool {
    // Where the terminal does not know, it is as most are.
    let (rows, columns) = (rows ?? 24, columns ?? 80)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    return lines.reduce(0) { $0 + max(1, (CharacterSet.width(String($1)) + columns - 1) / columns) } < rows
  }
}

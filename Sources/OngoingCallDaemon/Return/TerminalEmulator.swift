// SPDX-License-Identifier: Apache-2.0

/// A terminal emulator, and how to run a command in it.
///
/// The order: `xdg-terminal-exec`, which knows the user's choice; `$TERMINAL`; Debian's alternative; then those of
/// desktops; then the others.
struct TerminalEmulator: Equatable, Sendable {
  var name: String
  /// The options between the emulator and the command.
  var options: [String]

  static let known: [TerminalEmulator] = [
    .init("xdg-terminal-exec"), .init("x-terminal-emulator", "-e"), .init("gnome-terminal", "--"), .init("kgx", "-e"),
    .init("ptyxis", "--"), .init("konsole", "-e"), .init("xfce4-terminal", "-x"), .init("mate-terminal", "-x"),
    .init("tilix", "-e"), .init("terminator", "-x"), .init("foot"), .init("alacritty", "-e"), .init("kitty"),
    .init("wezterm", "start", "--"), .init("ghostty", "-e"), .init("urxvt", "-e"), .init("rxvt", "-e"),
    .init("xterm", "-e"),
  ]

  private init(_ name: String, _ options: String...) { (self.name, self.options) = (name, options) }

  /// Returns the command line that runs `command` in the first terminal emulator that is installed.
  ///
  /// - Parameters:
  ///   - preferred: `$TERMINAL`, a name or an absolute path.
  ///   - find: returns the absolute path of a program.
  static func commandLine(
    running command: [String], preferred: String?, find: (String) -> String?
  ) -> [String]? {
    let first = known.prefix(1)
    let chosen = preferred.map { name in
      let base = name.split(separator: "/").last.map(String.init) ?? name
      // Most take -e, followed by the command.
      return TerminalEmulator(named: name, options: known.first { $0.name == base }?.options ?? ["-e"])
    }
    for emulator in first + [chosen].compactMap(\.self) + known.dropFirst() {
      if let program = find(emulator.name) { return [program] + emulator.options + command }
    }
    return nil
  }

  private init(named name: String, options: [String]) { (self.name, self.options) = (name, options) }
}

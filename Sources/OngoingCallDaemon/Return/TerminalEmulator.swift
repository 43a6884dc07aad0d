// SPDX-License-Identifier: Apache-2.0

/// A terminal emulator, and how to run a command in it.
///
/// The order: `xdg-terminal-exec`, which knows the user's choice; `$TERMINAL`; the desktop's own; Debian's alternative;
/// then those of other desktops; then the others. Where an emulator would hand over to a server of its own, it is told
/// not to, so that it runs as long as its window is there.
struct TerminalEmulator: Equatable, Sendable {
  var name: String
  /// The options between the emulator and the command.
  var options: [String]

  static let known: [TerminalEmulator] = [
    .init("xdg-terminal-exec"), .init("x-terminal-emulator", "-e"),
    .init("gnome-terminal", "--wait", "--"), .init("kgx", "-e"), .init("ptyxis", "--standalone", "--"),
    .init("konsole", "-e"), .init("xfce4-terminal", "--disable-server", "-x"),
    .init("mate-terminal", "--disable-factory", "-x"), .init("qterminal", "-e"), .init("tilix", "--new-process", "-e"),
    .init("terminator", "--no-dbus", "-x"), .init("foot"), .init("alacritty", "-e"), .init("kitty"),
    .init("wezterm", "start", "--"), .init("ghostty", "-e"), .init("urxvt", "-e"), .init("rxvt", "-e"),
    .init("xterm", "-e"),
  ]

  /// Those of a desktop, by its name in `$XDG_CURRENT_DESKTOP`.
  private static let own = [
    "KDE": ["konsole"], "GNOME": ["ptyxis", "kgx", "gnome-terminal"], "XFCE": ["xfce4-terminal"],
    "MATE": ["mate-terminal"], "LXQt": ["qterminal"], "X-Cinnamon": ["gnome-terminal"], "sway": ["foot"],
  ]

  private init(_ name: String, _ options: String...) { (self.name, self.options) = (name, options) }

  /// Returns the command line that runs `command` in the first terminal emulator that is installed.
  ///
  /// - Parameters:
  ///   - preferred: `$TERMINAL`, a name or an absolute path.
  ///   - desktops: `$XDG_CURRENT_DESKTOP`, names between colons.
  ///   - hasScreen: whether there is a display. Without, only what the user has chosen is taken, which may do without one.
  ///   - find: returns the absolute path of a program.
  static func commandLine(
    running command: [String], preferred: String?, on desktops: String = "", hasScreen: Bool = true,
    find: (String) -> String?
  ) -> [String]? {
    let first = known.prefix(1)
    let chosen = preferred.map { name in
      let base = name.split(separator: "/").last.map(String.init) ?? name
      // Most take -e, followed by the command.
      return TerminalEmulator(named: name, options: known.first { $0.name == base }?.options ?? ["-e"])
    }
    let names = desktops.split(separator: ":").flatMap { own[String($0)] ?? [] }
    let here = names.compactMap { name in known.first { $0.name == name } }
    for emulator in first + [chosen].compactMap(\.self) + (hasScreen ? here + known.dropFirst() : []) {
      if let program = find(emulator.name) { return [program] + emulator.options + command }
    }
    return nil
  }

  private init(named name: String, options: [String]) { (self.name, self.options) = (name, options) }
}

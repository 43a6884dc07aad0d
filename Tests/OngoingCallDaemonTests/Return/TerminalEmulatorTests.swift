// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import OngoingCallDaemon

@Suite struct TerminalEmulatorTests {
  private static let command = ["/usr/bin/ongoingcallctl", "attach", "7k3m9x2p"]

  private func line(_ installed: Set<String>, preferred: String? = nil, on desktops: String = "") -> String? {
    TerminalEmulator.commandLine(running: Self.command, preferred: preferred, on: desktops) { name in
      if name.hasPrefix("/") { return installed.contains(name) ? name : nil }
      return installed.contains(name) ? "/usr/bin/\(name)" : nil
    }?.joined(separator: " ")
  }

  private static let all = [
    "xdg-terminal-exec", "x-terminal-emulator", "gnome-terminal", "kgx", "ptyxis", "konsole", "xfce4-terminal",
    "mate-terminal", "qterminal", "tilix", "terminator", "foot", "alacritty", "kitty", "wezterm", "ghostty", "urxvt",
    "rxvt",
    "xterm",
  ]

  @Test func theFirstOfThemInTheDocumentedOrder() {
    #expect(TerminalEmulator.known.map(\.name) == Self.all)
    var installed = Set(Self.all)
    for name in Self.all {
      #expect(line(installed)?.hasPrefix("/usr/bin/\(name) ") == true)
      installed.remove(name)
    }
    #expect(line(installed) == nil)
  }

  @Test(arguments: [
    ("xdg-terminal-exec", ""), ("x-terminal-emulator", "-e "), ("gnome-terminal", "--wait -- "), ("konsole", "-e "),
    ("xfce4-terminal", "--disable-server -x "), ("foot", ""), ("alacritty", "-e "), ("kitty", ""),
    ("wezterm", "start -- "),
    ("xterm", "-e "),
  ])
  func eachHasItsWayOfTakingACommand(_ name: String, _ options: String) {
    #expect(line([name]) == "/usr/bin/\(name) \(options)/usr/bin/ongoingcallctl attach 7k3m9x2p")
  }

  @Test(arguments: [
    ("KDE", "konsole"), ("GNOME", "ptyxis"), ("ubuntu:GNOME", "ptyxis"), ("XFCE", "xfce4-terminal"), ("sway", "foot"),
    ("", "x-terminal-emulator"), ("Enlightenment", "x-terminal-emulator"),
  ])
  func theDesktopsOwnComesBeforeOthers(_ desktops: String, _ name: String) {
    let installed = Set(Self.all).subtracting(["xdg-terminal-exec"])
    #expect(line(installed, on: desktops)?.hasPrefix("/usr/bin/\(name) ") == true)
    #expect(line(["x-terminal-emulator"], on: desktops)?.hasPrefix("/usr/bin/x-terminal-emulator ") == true)
  }

  @Test func theUsersOwnComesBeforeAllButTheOneThatKnows() {
    let installed: Set<String> = ["x-terminal-emulator", "mine", "/opt/bin/gnome-terminal", "kitty"]
    #expect(line(installed, preferred: "mine")?.hasPrefix("/usr/bin/mine -e /usr/bin/ongoingcallctl") == true)
    #expect(line(installed, preferred: "kitty")?.hasPrefix("/usr/bin/kitty /usr/bin/ongoingcallctl") == true)
    #expect(
      line(installed, preferred: "/opt/bin/gnome-terminal")?.hasPrefix("/opt/bin/gnome-terminal --wait -- ") == true)
    #expect(line(installed, preferred: "gone")?.hasPrefix("/usr/bin/x-terminal-emulator -e ") == true)
    let standard = installed.union(["xdg-terminal-exec"])
    #expect(line(installed, preferred: "mine", on: "KDE")?.hasPrefix("/usr/bin/mine ") == true)
    #expect(line(standard, preferred: "mine")?.hasPrefix("/usr/bin/xdg-terminal-exec ") == true)
  }
}

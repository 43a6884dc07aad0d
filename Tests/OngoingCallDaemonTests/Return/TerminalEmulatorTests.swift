// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import OngoingCallDaemon

@Suite struct TerminalEmulatorTests {
  private static let command = ["/usr/bin/ongoingcallctl", "attach", "7k3m9x2p"]

  private func line(_ installed: Set<String>, preferred: String? = nil) -> String? {
    TerminalEmulator.commandLine(running: Self.command, preferred: preferred) { name in
      if name.hasPrefix("/") { return installed.contains(name) ? name : nil }
      return installed.contains(name) ? "/usr/bin/\(name)" : nil
    }?.joined(separator: " ")
  }

  private static let all = [
    "xdg-terminal-exec", "x-terminal-emulator", "gnome-terminal", "kgx", "ptyxis", "konsole", "xfce4-terminal",
    "mate-terminal", "tilix", "terminator", "foot", "alacritty", "kitty", "wezterm", "ghostty", "urxvt", "rxvt",
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
    ("xdg-terminal-exec", ""), ("x-terminal-emulator", "-e "), ("gnome-terminal", "-- "), ("konsole", "-e "),
    ("xfce4-terminal", "-x "), ("foot", ""), ("alacritty", "-e "), ("kitty", ""), ("wezterm", "start -- "),
    ("xterm", "-e "),
  ])
  func eachHasItsWayOfTakingACommand(_ name: String, _ options: String) {
    #expect(line([name]) == "/usr/bin/\(name) \(options)/usr/bin/ongoingcallctl attach 7k3m9x2p")
  }

  @Test func theUsersOwnComesBeforeAllButTheOneThatKnows() {
    let installed: Set<String> = ["x-terminal-emulator", "mine", "/opt/bin/gnome-terminal", "kitty"]
    #expect(line(installed, preferred: "mine")?.hasPrefix("/usr/bin/mine -e /usr/bin/ongoingcallctl") == true)
    #expect(line(installed, preferred: "kitty")?.hasPrefix("/usr/bin/kitty /usr/bin/ongoingcallctl") == true)
    #expect(line(installed, preferred: "/opt/bin/gnome-terminal")?.hasPrefix("/opt/bin/gnome-terminal -- ") == true)
    #expect(line(installed, preferred: "gone")?.hasPrefix("/usr/bin/x-terminal-emulator -e ") == true)
    let standard = installed.union(["xdg-terminal-exec"])
    #expect(line(standard, preferred: "mine")?.hasPrefix("/usr/bin/xdg-terminal-exec ") == true)
  }
}

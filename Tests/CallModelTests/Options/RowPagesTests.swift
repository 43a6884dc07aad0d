// SPDX-License-Identifier: Apache-2.0
import CallModel
import OngoingCallTestSupport
import Testing

/// A row, the interface, the manual pages and the example configuration have the same options.
@Suite struct RowPagesTests {
  let interface: [Substring]
  let manual: String
  let configuration: String
  let example: [Substring]

  init() throws {
    interface = try ProjectFiles.text("packaging/dbus-1/org.ongoingcall.Calls1.xml")
      .split(separator: "\n", omittingEmptySubsequences: false)
    manual = try ProjectFiles.text("packaging/man/ongoingcallctl.1")
    configuration = try ProjectFiles.text("packaging/man/ongoingcalld.conf.5")
    example = try ProjectFiles.text("systemd/ongoingcalld.conf").split(separator: "\n")
  }

  /// The lines of a list in the interface by what they begin with: name, type, description.
  private func documented(after start: String, indented: Int) -> [String: (type: String, text: String)] {
    let indent = String(repeating: " ", count: indented)
    var result: [String: (type: String, text: String)] = [:]
    var last = ""
    for line in interface.drop(while: { !$0.contains(start) }).dropFirst().prefix(while: { !$0.contains("-->") }) {
      guard line.hasPrefix(indent) else {
        if result.isEmpty || line.hasPrefix("      ") && indented > 6 { continue } else { break }
      }
      let words = line.split(separator: " ")
      if line.dropFirst(indented).first != " ", words.count > 2 {
        last = String(words[0])
        result[last] = (String(words[1]), words.dropFirst(2).joined(separator: " "))
      } else if !last.isEmpty {
        result[last]?.text += " " + words.joined(separator: " ")
      }
    }
    return result
  }

  private func expectSame<Options>(_ table: OptionTable<Options>, _ documented: [String: (type: String, text: String)])
  {
    #expect(Set(documented.keys) == table.names)
    for row in table.rows { #expect(documented[row.name]?.type == row.type, "\(row.name)") }
  }

  @Test func theInterfaceHasTheOptionsOfALaunch() {
    let launch = documented(after: "Launch: starts a session", indented: 8)
    expectSame(LaunchRequest.table, launch)
    let usual = CallSettings()
    let defaults: [(String, String)] = [
      ("launch-timeout", "\(usual.launchTimeout)"), ("reconnect-timeout", "\(usual.reconnectTimeout)"),
      ("alone-timeout", "\(usual.aloneTimeout)"), ("inhibit-sleep", "\(usual.inhibitsSleep)"),
      ("inhibit-lid-switch", "\(usual.inhibitsLidSwitch)"), ("pause-players", "\(usual.pausesPlayers)"),
      ("linger", "\(usual.lingers)"), ("hang-up-grace", "\(CallSettings.usualHangUpGrace)"),
    ]
    for (name, value) in defaults {
      #expect(launch[name]?.text.contains("default \(value)") == true, "\(name): \(launch[name]?.text ?? "")")
    }
  }

  @Test func theInterfaceHasTheKeysOfANotification() {
    expectSame(CustomNotification.table, documented(after: "A call is shown to the user", indented: 4))
  }

  @Test func theInterfaceHasTheKeysOfAChannel() {
    expectSame(NotificationChannel.table, documented(after: "A notification channel is", indented: 4))
  }

  /// Each `.It Fl -name` of a command in the manual.
  private func flags(of command: String) -> Set<String> {
    let section = manual.split(separator: "\n").drop { !$0.hasPrefix(".Ss \(command)") }.dropFirst()
      .prefix { !$0.hasPrefix(".Ss") && !$0.hasPrefix(".Sh") }
    return Set(
      section.filter { $0.hasPrefix(".It Fl ") }.flatMap { line in
        line.split(separator: " ").filter { $0.hasPrefix("-") }.map { "-" + $0 }
      })
  }

  @Test func theManualHasTheOptionsOfTheTool() {
    let launch = flags(of: "launch")
    for row in LaunchRequest.table.rows where row.toolName.hasPrefix("--") && row.name != "notification" {
      #expect(launch.contains(row.toolName), "\(row.toolName)")
    }
    #expect(launch.isSuperset(of: ["--text", "--icon", "--priority", "--visibility"]))
    #expect(
      flags(of: "channel create") == Set(NotificationChannel.table.rows.map(\.toolName)).subtracting(["ID"]))
  }

  @Test func theConfigurationHasTheKeysOfTheRows() {
    let keys = CallSettings.table.rows.compactMap(\.configuration).map(\.name)
    #expect(keys.count == 7)
    let calls = example.drop { $0 != "[Calls]" }.prefix { $0 != "[Notifications]" }
      .filter { $0.hasPrefix("#") && $0.contains("=") && !$0.hasPrefix("# ") }
    #expect(Set(calls.map { String($0.dropFirst().prefix { $0 != "=" }) }) == Set(keys))
    for key in keys { #expect(configuration.contains("\n.It Va \(key) Ns = "), "\(key)") }
    for line in calls {
      let parts = line.dropFirst().split(separator: "=").map(String.init)
      let row = CallSettings.table.rows.first { $0.configuration.map(\.name) == parts[0] }
      var settings = CallSettings()
      #expect(row?.configuration?.set(&settings, parts[1]) == true)
      #expect(settings == CallSettings(), "\(line) is the default")
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
import CallModel
import Testing

/// The names in the code and those in the documented interface are the same.
struct BusNamesTests {
  let code: SourceFile
  let interface: SourceFile

  init() throws {
    code = try SourceFile("Sources/CallModel/Names/BusNames.swift")
    interface = try SourceFile("packaging/dbus-1/org.ongoingcall.Calls1.xml")
  }

  @Test func launchOptionsAreThoseOfTheInterface() {
    let body = interface.lines.drop { !$0.contains("Launch: starts a session") }.prefix { !$0.contains("-->") }
    // “        name    signature  …”, or continuing lines, which are indented further.
    let documented = body.compactMap { line -> String? in
      guard line.hasPrefix("        "), !line.hasPrefix("         ") else { return nil }
      return line.split(separator: " ").first.map(String.init)
    }
    #expect(Set(documented) == code.values(in: "LaunchOption"))
  }

  @Test(arguments: [
    ("NotificationKey", "A call is shown to the user", 12), ("ChannelKey", "A notification channel is", 5),
  ])
  func keysAreThoseOfTheInterface(_ list: String, _ start: String, _ count: Int) {
    let body = interface.lines.drop { !$0.contains(start) }.drop { !$0.hasPrefix("    ") }
      .prefix { $0.hasPrefix("    ") }
    let documented = body.filter { !$0.hasPrefix("     ") }
      .compactMap { $0.split(separator: " ").first.map(String.init) }
    #expect(documented.count == count)
    #expect(Set(documented) == code.values(in: list))
  }
}

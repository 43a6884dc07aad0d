// SPDX-License-Identifier: Apache-2.0
import CallLife
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

  @Test(arguments: [
    ("ManagerMember", BusName.managerInterface, ["method", "signal"]),
    ("ManagerProperty", BusName.managerInterface, ["property"]),
    ("SessionMember", BusName.sessionInterface, ["method", "signal"]),
    ("SessionProperty", BusName.sessionInterface, ["property"]),
  ])
  func membersAreThoseOfTheInterface(_ list: String, _ name: String, _ elements: [String]) {
    let documented = elements.reduce(into: Set<String>()) { $0.formUnion(interface.names(of: $1, in: name)) }
    #expect(!documented.isEmpty)
    #expect(code.values(in: list) == documented)
  }

  @Test func errorsAreThoseOfTheInterface() {
    let start = interface.lines.firstIndex { $0.contains("Errors, org.ongoingcall.Calls1.Error.*") }
    let documented = interface.lines[(start ?? 0)...].dropFirst().prefix { $0 != "-->" }
      .filter { $0.hasPrefix("    ") && !$0.hasPrefix("     ") }
      .compactMap { $0.split(separator: " ").first.map(String.init) }
    let names = code.lines.drop { !$0.hasPrefix("public enum BusErrorName") }
      .filter { $0.contains("= prefix + ") }
      .compactMap { $0.split(separator: "\"").dropFirst().first.map(String.init) }
    #expect(names.count == 10)
    #expect(Set(documented) == Set(names))
    #expect(BusErrorName.noSuchSession == "org.ongoingcall.Calls1.Error.NoSuchSession")
  }

  @Test func eventsAndTheirDetailsAreThoseOfTheInterface() {
    let text = interface.lines.joined(separator: " ")
    let events: [SessionEvent] =
      [
        .launched, .ringing, .joined, .connectionLost(.network), .connectionRestored, .mutedChanged(true),
        .onHoldChanged(true), .holdRefused(detail: "x"), .returnRequested(activationToken: nil),
        .notificationAction("x"),
        .hangUpRequested(grace: 5), .recordingStarted(file: "/x"), .recordingStopped(.failed, detail: "x"),
        .audioChanged(AudioUse()),
      ] + TerminalEvent.allCases.map { .ended(SessionEnd(event: $0, reason: .aborted)) }
    // A record that has any other event is left out.
    #expect(Set(events.map(\.name)) == SessionEvent.names)
    for event in events { #expect(text.contains(event.name), "\(event.name)") }
    for reason in EndReason.allCases { #expect(text.contains(reason.rawValue), "\(reason.rawValue)") }
    for end in RecordingEnd.allCases { #expect(text.contains(end.rawValue), "\(end.rawValue)") }
    for state in SessionState.allCases { #expect(text.contains(state.rawValue), "\(state.rawValue)") }
    for key in code.values(in: "EventDetail").union(code.values(in: "MediaKey")) {
      #expect(text.contains(" \(key) "), "\(key)")
    }
  }

  @Test func namesAndPathsAreWellFormed() {
    #expect(BusName.sessionPath("7k3m9x2p") == "/org/ongoingcall/Calls1/session/7k3m9x2p")
    #expect(BusName.rootPath == "/" + BusName.service.split(separator: ".").joined(separator: "/"))
    for name in [BusName.managerInterface, BusName.sessionInterface] {
      #expect(name.hasPrefix(BusName.service + "."))
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
import OngoingCallTestSupport
import Testing

/// What the daemon does not use of sd-bus, because it believes whoever guesses a number or writes a name, or because it
/// waits. ``BusService`` in Systemd has what is to be used.
@Suite struct BusTrustTests {
  /// By the one file that may have it.
  private static let rules: [(text: String, only: String?)] = [
    // Lets the signals of anybody pass for those of a well-known name.
    ("sd_bus_add_match", nil), ("sd_bus_match_signal", nil), ("type='signal'", "SignalPattern.swift"),
    ("sd_bus_track", nil), ("NameOwnerChanged", "BusDriver.swift"),
    // Takes a reply by its number alone.
    ("sd_bus_call", nil), ("sd_bus_get_property", nil), ("sd_bus_set_property", nil), ("sd_bus_request_name", nil),
    ("sd_bus_release_name", nil), ("sd_bus_get_name_", nil), ("sd_bus_list_names", nil), ("sd_bus_query_", nil),
    ("sd_bus_get_owner", nil),
    // Waits for the bus.
    ("sd_bus_flush", nil), ("sd_bus_wait", nil), ("sd_bus_default", nil),
  ]

  @Test func nothingIsBelievedThatAnybodyCanSend() throws {
    let files = ["Systemd", "CSystemd", "OngoingCallDaemon"].flatMap { ProjectFiles.names(in: "Sources/\($0)") }
    #expect(files.count > 80)
    for path in files {
      let lines = try SourceFile(path).lines
      for (text, only) in Self.rules where only.map({ !path.hasSuffix("/\($0)") }) ?? true {
        for (number, line) in lines.enumerated() where line.contains(text) {
          Issue.record("\(path):\(number + 1) has “\(text)”; see BusService")
        }
      }
    }
  }
}

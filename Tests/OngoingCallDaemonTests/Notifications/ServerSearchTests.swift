// SPDX-License-Identifier: Apache-2.0
import LinuxFiles
import Logging
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

/// Servers that are started by the bus. None of these is one: each writes a line, and ends.
@Suite(.timeLimit(.minutes(1))) struct ServerSearchTests {
  private static let pauses = ServerSearch.Pauses(
    first: .milliseconds(1), longest: .milliseconds(4), count: 3, steady: .seconds(3600))

  /// Puts down what is logged.
  private struct Notes: LogHandler {
    let mailbox: Mailbox<String>
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      let text = event.message.description
      EventLoopActor.assumeIsolated { mailbox.put(text) }
    }
  }

  private static func search(
    _ services: [String: String],
    _ body: @escaping @EventLoopActor @Sendable (ServerSearch, Mailbox<String>, PrivateBus) async throws -> Void
  ) async throws {
    try await onEventLoop {
      let daemon = try PrivateBus(services: services)
      let notes = Mailbox<String>()
      let logger = Logger(label: "test") { _ in Notes(mailbox: notes) }
      let bus = try Bus(address: daemon.address, description: "search")
      let search = ServerSearch(bus, pauses: pauses, logger: logger) {
        notes.put("owner: \($0.isEmpty ? "none" : "one")")
      }
      try search.start()
      try await body(search, notes, daemon)
      withExtendedLifetime(search) {}
    }
  }

  private static let noServerStays = "every notification server exits at once; waiting for the next one"

  /// How many lines come before it is given up.
  @EventLoopActor
  private static func tries(_ notes: Mailbox<String>) async -> Int {
    var tries = 0
    while let note = await notes.next(), note != noServerStays { tries += 1 }
    return tries
  }

  @Test func oneThatDoesNotStartIsTriedOnlySoOften() async throws {
    let folder = TemporaryFolder()
    let command = #"/bin/sh -c "echo started >> \#(folder["starts"]); exit 1""#
    try await Self.search([ServerSearch.name: command]) { search, notes, _ in
      #expect(await Self.tries(notes) == 3)
      // A new call is a new reason.
      search.need()
      #expect(await Self.tries(notes) == 3)
      #expect(Files.read(folder["starts"])?.count { $0 == UInt8(ascii: "\n") } == 6)
    }
  }

  @Test func whatIsNotInstalledIsNotTriedAgain() async throws {
    try await Self.search([:]) { search, notes, _ in
      #expect(await notes.next()?.hasPrefix("there is no notification server: ") == true)
      search.need()
      #expect(await notes.next()?.hasPrefix("there is no notification server: ") == true)
      #expect(notes.waiting == [])
    }
  }

  @Test func thatThereIsNoneIsToldOnce() async throws {
    try await onEventLoop {
      let daemon = try PrivateBus(services: [:])
      let lines = Mailbox<String>()
      // What the journal gets, whose level is this.
      let logger = Logger(label: "test") { _ in Notes(mailbox: lines, logLevel: .info) }
      let search = ServerSearch(
        try Bus(address: daemon.address, description: "search"), pauses: Self.pauses, logger: logger
      ) { lines.put("owner: \($0.isEmpty ? "none" : "one")") }
      try search.start()
      let first = await lines.next()
      #expect(first?.hasPrefix("there is no notification server: ") == true)
      // Each of them asks the bus, which answers in the order in which it is asked.
      for _ in 0..<3 { search.need() }
      let server = try await RecordingNotificationServer(on: daemon)
      #expect(await lines.next() == "owner: one")
      server.crash()
      #expect(await lines.next() == "owner: none")
      // It was another server that is missing now.
      #expect(await lines.next() == first)
      withExtendedLifetime(search) {}
    }
  }

  @Test func oneThatCrashesIsStartedAgain() async throws {
    let folder = TemporaryFolder()
    let command = #"/bin/sh -c "echo started >> \#(folder["starts"]); exit 1""#
    try await Self.search([ServerSearch.name: command]) { search, notes, bus in
      #expect(await Self.tries(notes) == 3)
      let server = try await RecordingNotificationServer(on: bus)
      #expect(await notes.next() == "owner: one")
      #expect(!search.owner.isEmpty)
      // It has not been there for long: the tries are used up.
      server.crash()
      #expect(await notes.next() == Self.noServerStays)
      #expect(await notes.next() == "owner: none")
    }
  }
}

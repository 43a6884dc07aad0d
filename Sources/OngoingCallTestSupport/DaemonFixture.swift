// SPDX-License-Identifier: Apache-2.0
package import CallModel
package import OngoingCall

/// A bus of a test's own, with a daemon that says what the test has it say, and a client of it.
package struct DaemonFixture {
  package let bus: PrivateBus
  package let daemon: ScriptedDaemon
  package let client: CallsClient

  /// The properties of a call that is up.
  package static let standUp: [String: BusValue] = ["Title": .string("Stand-up"), "State": .string("joined")]

  /// - Parameters:
  ///   - command: what the bus runs to start a daemon where there is none; nil is that none is installed.
  ///   - call: the properties of the call `abcd0000`; nil is no call.
  package init(startedBy command: String? = nil, call: [String: BusValue]? = nil) throws {
    bus = try PrivateBus(services: command.map { [BusName.service: $0] } ?? [:])
    daemon = try ScriptedDaemon(on: bus)
    client = CallsClient(on: bus)
    if let call { daemon.set("abcd0000", call) }
  }
}

/// A suite that has a fixture, and names its parts.
package protocol DaemonSuite {
  var fixture: DaemonFixture { get }
}

extension DaemonSuite {
  package var bus: PrivateBus { fixture.bus }
  package var daemon: ScriptedDaemon { fixture.daemon }
  package var client: CallsClient { fixture.client }
}

// SPDX-License-Identifier: Apache-2.0
import OngoingCallTestSupport
import Testing

@testable import OngoingCall

@Suite struct SessionBusAddressTests {
  private func find(_ variables: [String: String]) throws(CallsError) -> String {
    try SessionBusAddress.find { variables[$0] }
  }

  @Test func theVariableCounts() throws {
    #expect(try find(["DBUS_SESSION_BUS_ADDRESS": "unix:path=/x", "XDG_RUNTIME_DIR": "/y"]) == "unix:path=/x")
  }

  @Test func elseTheUserBus() throws {
    let bus = try PrivateBus()
    let address = try find(["DBUS_SESSION_BUS_ADDRESS": "", "XDG_RUNTIME_DIR": bus.directory])
    #expect(address == "unix:path=\(bus.directory)/bus")
    _ = try BusConnection(address: address)
  }

  @Test func elseThereIsNone() {
    #expect(throws: CallsError.noSessionBus(detail: "neither DBUS_SESSION_BUS_ADDRESS nor XDG_RUNTIME_DIR is set")) {
      try find([:])
    }
    #expect(
      throws: CallsError.noSessionBus(detail: "DBUS_SESSION_BUS_ADDRESS is not set, and there is no socket /etc/bus")
    ) { try find(["XDG_RUNTIME_DIR": "/etc"]) }
  }
}

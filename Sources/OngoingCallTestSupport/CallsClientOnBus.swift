// SPDX-License-Identifier: Apache-2.0
package import OngoingCall

extension CallsClient {
  /// A client on a test's bus.
  package convenience init(on bus: PrivateBus, limit: Duration? = nil) {
    let address = bus.address
    self.init(limit: limit) { () throws(CallsError) in try BusConnection(address: address) }
  }
}

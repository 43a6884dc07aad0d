// SPDX-License-Identifier: Apache-2.0
package import OngoingCall

extension CallsClient {
  /// A client on a test's bus.
  package convenience init(on bus: PrivateBus, limit: Duration? = nil, startsDaemon: Bool = true) {
    let address = bus.address
    self.init(limit: limit, startsDaemon: startsDaemon) { deadline throws(CallsError) in
      try BusConnection(address: address, until: deadline)
    }
  }
}

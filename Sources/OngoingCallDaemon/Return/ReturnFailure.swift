// SPDX-License-Identifier: Apache-2.0
import Systemd

/// Why a way back to a call did not work.
struct ReturnFailure: Error {
  /// For people.
  var message: String
  /// That something was started in, or was to be.
  var unit: String?

  init(_ message: String, unit: String? = nil) { (self.message, self.unit) = (message, unit) }
  init(_ error: BusError) { self.init(error.message) }
}

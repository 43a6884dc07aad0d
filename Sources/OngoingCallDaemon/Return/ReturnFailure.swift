// SPDX-License-Identifier: Apache-2.0
import Systemd

/// Why a way back to a call failed.
struct ReturnFailure: Error {
  /// A line for people.
  var message: String
  /// The unit in which the program was started, or was to be started.
  var unit: String?

  init(_ message: String, unit: String? = nil) { (self.message, self.unit) = (message, unit) }
  init(_ error: BusError) { self.init(error.message) }
}

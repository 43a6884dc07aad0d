// SPDX-License-Identifier: Apache-2.0
internal import CDBus
internal import Glibc

/// Where the session bus is: `$DBUS_SESSION_BUS_ADDRESS`, else the user bus in `$XDG_RUNTIME_DIR`. Nothing is started
/// to find one (libdbus would run dbus-launch).
package enum SessionBusAddress {
  package static func find(
    in variable: (String) -> String? = { name in getenv(name).map { String(cString: $0) } }
  ) throws(CallsError) -> String {
    if let address = variable("DBUS_SESSION_BUS_ADDRESS"), !address.isEmpty { return address }
    guard let directory = variable("XDG_RUNTIME_DIR"), !directory.isEmpty else {
      throw .noSessionBus(detail: "neither DBUS_SESSION_BUS_ADDRESS nor XDG_RUNTIME_DIR is set")
    }
    let socket = directory + "/bus"
    var status = stat()
    guard stat(socket, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else {
      throw .noSessionBus(detail: "DBUS_SESSION_BUS_ADDRESS is not set, and there is no socket \(socket)")
    }
    guard let escaped = dbus_address_escape_value(socket) else { fatalError("out of memory") }
    defer { dbus_free(escaped) }
    return "unix:path=" + String(cString: escaped)
  }
}

// SPDX-License-Identifier: Apache-2.0
internal import CSystemd
import CallModel
internal import Glibc

/// The tables by which sd-bus knows interfaces. It keeps pointers to a table and to the strings in it: each is made
/// once, and stays for as long as the process.
@EventLoopActor
enum BusTable {
  private static var made: [String: UnsafeMutablePointer<sd_bus_vtable>] = [:]

  static func of(_ interface: BusInterface) throws(BusError) -> UnsafePointer<sd_bus_vtable> {
    if let table = made[interface.name] { return UnsafePointer(table) }
    let count = interface.methods.count + interface.signals.count + interface.properties.count
    guard let table = oc_vtable(count) else {
      throw BusError(BusError.failed, "no memory for the table of \(interface.name)")
    }
    var row = table
    for method in interface.methods {
      row += 1
      oc_vtable_method(
        row, kept(method.name), kept(method.takes.signature), kept(method.gives.signature),
        kept((method.takes + method.gives).names))
    }
    for signal in interface.signals {
      row += 1
      oc_vtable_signal(row, kept(signal.name), kept(signal.gives.signature), kept(signal.gives.names))
    }
    for property in interface.properties {
      row += 1
      oc_vtable_property(row, kept(property.name), kept(property.signature), property.announcement.code)
    }
    made[interface.name] = table
    return UnsafePointer(table)
  }

  /// A copy, with a NUL at its end.
  private static func kept(_ text: String) -> UnsafePointer<CChar> {
    let bytes = text.utf8CString
    let copy = UnsafeMutableBufferPointer<CChar>.allocate(capacity: bytes.count)
    _ = copy.initialize(from: bytes)
    // It has at least the NUL.
    return UnsafePointer(copy.baseAddress.unsafelyUnwrapped)
  }
}

extension [BusArgument] {
  fileprivate var signature: String { map(\.signature).joined() }
  fileprivate var names: String { map { $0.name + "\0" }.joined() }
}

extension PropertyAnnouncement {
  fileprivate var code: oc_announcement {
    switch self {
    case .never: OC_NEVER
    case .value: OC_VALUE
    case .name: OC_NAME
    case .silent: OC_SILENT
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
import CallModel
import OngoingCall

/// Questions to whoever is on a bus, by a connection of its own.
struct BusQuestions {
  let bus: BusConnection
  let deadline: Deadline

  private static let busName = "org.freedesktop.DBus"

  init(address: String, within limit: Duration) throws(CallsError) {
    deadline = Deadline(in: limit)
    bus = try BusConnection(address: address, until: deadline)
  }

  static func session(within limit: Duration) throws(CallsError) -> BusQuestions {
    try BusQuestions(address: SessionBusAddress.find(), within: limit)
  }

  /// Where the system bus is: D-Bus Specification, "Well-known Message Bus Instances".
  static func system(within limit: Duration) throws(CallsError) -> BusQuestions {
    let address = CallerEnvironment.value(of: "DBUS_SYSTEM_BUS_ADDRESS") ?? "unix:path=/var/run/dbus/system_bus_socket"
    return try BusQuestions(address: address, within: limit)
  }

  func ask(
    _ service: String, _ path: String, _ interface: String, _ member: String, _ arguments: BusValue...
  ) throws(CallsError) -> [BusValue] {
    var call = BusCall(to: service, path: path, interface: interface, member: member)
    call.arguments = arguments
    return try bus.call(call, until: deadline)
  }

  func properties(_ service: String, _ path: String, _ interface: String) throws(CallsError) -> [String: BusValue] {
    try ask(service, path, "org.freedesktop.DBus.Properties", "GetAll", .string(interface)).first?.asDictionary ?? [:]
  }

  func owner(of name: String) throws(CallsError) -> String? { try bus.owner(of: name, until: deadline) }

  func process(of name: String) throws(CallsError) -> UInt32? {
    try ask(Self.busName, "/org/freedesktop/DBus", Self.busName, "GetConnectionUnixProcessID", .string(name)).first?
      .asUInt32
  }

  /// Whether somebody has the name, or the bus can start who has.
  func isActivatable(_ name: String) throws(CallsError) -> Bool {
    let names = try ask(Self.busName, "/org/freedesktop/DBus", Self.busName, "ListActivatableNames").first?.asStrings
    return names?.contains(name) ?? false
  }
}

/// org.freedesktop.systemd1(5)
enum SystemdName {
  static let service = "org.freedesktop.systemd1"
  static let path = "/org/freedesktop/systemd1"
  static let manager = "org.freedesktop.systemd1.Manager"
  static let unit = "org.freedesktop.systemd1.Unit"
  static let unitService = "org.freedesktop.systemd1.Service"
}

/// org.freedesktop.login1(5)
enum LoginName {
  static let service = "org.freedesktop.login1"
  static let path = "/org/freedesktop/login1"
  static let manager = "org.freedesktop.login1.Manager"
  static let user = "org.freedesktop.login1.User"
}

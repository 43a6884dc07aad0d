// SPDX-License-Identifier: Apache-2.0
internal import CDBus
package import OngoingCall

/// Somebody else on the bus, who sends messages that are not theirs to send. One thread uses it.
///
/// `@unchecked`: what happens to it happens in turn, as its tests see to.
package final class Forger: @unchecked Sendable {
  private let connection: OpaquePointer
  /// Its unique name.
  package let name: String

  package init(on bus: PrivateBus) throws {
    var problem = DBusError()
    dbus_error_init(&problem)
    defer { dbus_error_free(&problem) }
    guard let connection = dbus_connection_open_private(bus.address, &problem) else {
      throw PrivateBus.Failure(description: "the forger cannot connect to \(bus.address)")
    }
    self.connection = connection
    dbus_connection_set_exit_on_disconnect(connection, 0)
    guard dbus_bus_register(connection, &problem) != 0, let name = dbus_bus_get_unique_name(connection) else {
      throw PrivateBus.Failure(description: "the forger is not let in")
    }
    self.name = String(cString: name)
  }

  deinit {
    dbus_connection_close(connection)
    dbus_connection_unref(connection)
  }

  /// A signal that goes to one connection, which need not have asked for it.
  package func signal(
    to victim: String, path: String, interface: String, member: String, _ values: [BusValue]
  ) {
    send(dbus_message_new_signal(path, interface, member), to: victim, values)
  }

  /// Answers to calls of somebody's that went to somebody else.
  package func answer(_ serials: ClosedRange<UInt32> = 1...100, of victim: String, _ values: [BusValue]) {
    for serial in serials {
      let answer = dbus_message_new(Int32(BusMessage.Kind.reply.rawValue))
      dbus_message_set_reply_serial(answer, serial)
      send(answer, to: victim, values)
    }
  }

  /// The same as errors.
  package func fail(_ serials: ClosedRange<UInt32> = 1...100, of victim: String, _ error: String) {
    for serial in serials {
      let answer = dbus_message_new(Int32(BusMessage.Kind.error.rawValue))
      dbus_message_set_error_name(answer, error)
      dbus_message_set_reply_serial(answer, serial)
      send(answer, to: victim, [.string("made up")])
    }
  }

  private func send(_ raw: OpaquePointer?, to victim: String, _ values: [BusValue]) {
    guard let message = raw.map(BusMessage.init(taking:)) else { fatalError("out of memory") }
    dbus_message_set_destination(message.raw, victim)
    dbus_message_set_no_reply(message.raw, 1)
    message.append(values)
    dbus_connection_send(connection, message.raw, nil)
  }

  /// Returns when the bus has passed on all that was sent. What comes is thrown away.
  package func settle() throws {
    let question = dbus_message_new_method_call(
      "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "GetId")
    guard let message = question.map(BusMessage.init(taking:)),
      let answer = dbus_connection_send_with_reply_and_block(connection, message.raw, 20_000, nil)
    else { throw PrivateBus.Failure(description: "the bus has thrown the forger out") }
    dbus_message_unref(answer)
    while let arrived = dbus_connection_pop_message(connection) { dbus_message_unref(arrived) }
  }
}

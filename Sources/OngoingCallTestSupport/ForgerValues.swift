// SPDX-License-Identifier: Apache-2.0
internal import CDBus
package import CallModel
internal import OngoingCall

/// What is forged with values of any type, and answers by the hundred.
extension Forger {
  /// A signal that goes to one connection, which need not have asked for it.
  package func signal(
    _ member: String, to victim: String, path: String, interface: String, values: [BusValue]
  ) {
    send(dbus_message_new_signal(path, interface, member), to: victim, values)
  }

  /// Answers to calls that went to somebody else.
  package func answer(_ numbers: ClosedRange<UInt32> = 1...100, of victim: String, _ values: [BusValue]) {
    for number in numbers {
      let answer = dbus_message_new(BusMessage.Kind.reply.rawValue)
      dbus_message_set_reply_serial(answer, number)
      send(answer, to: victim, values)
    }
  }

  /// The same as errors.
  package func fail(_ numbers: ClosedRange<UInt32> = 1...100, of victim: String, _ error: String) {
    for number in numbers { reply(to: victim, number: number, error: error, ["made up"]) }
  }

  private func send(_ raw: OpaquePointer?, to victim: String, _ values: [BusValue]) {
    guard let message = raw.map(BusMessage.init(taking:)) else { fatalError("out of memory") }
    dbus_message_set_destination(message.raw, victim)
    message.append(values)
    dbus_connection_send(connection, message.raw, nil)
  }

  /// Whether the bus has not ended the connection for what was sent.
  package var isLetIn: Bool { dbus_connection_get_is_connected(connection) != 0 }

  /// Throws away what has come.
  package func discard() {
    while let arrived = dbus_connection_pop_message(connection) { dbus_message_unref(arrived) }
  }
}

// SPDX-License-Identifier: Apache-2.0
internal import CDBus

/// A connection that sends whatever a bus lets anybody send: signals that are others', and replies to what it was never
/// asked. It is on libdbus, which does not mind. What of it waits for the bus does so on a thread of its own.
/// `@unchecked`: it is used by one test, which waits for what it does.
package final class Forger: @unchecked Sendable {
  package struct Failure: Error, CustomStringConvertible {
    package let description: String
  }

  /// Its unique name.
  package let name: String
  let connection: OpaquePointer

  /// On the bus at `address`.
  package static func connect(to address: String) async throws -> Forger {
    try await Task.detached { try Forger(to: address) }.value
  }

  /// The same, on this thread.
  package init(to address: String) throws {
    var problem = DBusError()
    dbus_error_init(&problem)
    defer { dbus_error_free(&problem) }
    guard let connection = dbus_connection_open_private(address, &problem),
      dbus_bus_register(connection, &problem) != 0, let name = dbus_bus_get_unique_name(connection)
    else { throw Failure(description: problem.message.map { String(cString: $0) } ?? "no connection") }
    dbus_connection_set_exit_on_disconnect(connection, 0)
    self.connection = connection
    self.name = String(cString: name)
  }

  deinit {
    dbus_connection_close(connection)
    dbus_connection_unref(connection)
  }

  /// A signal for `victim` alone, or for everybody.
  package func signal(
    _ member: String, to victim: String?, path: String, interface: String, _ arguments: [String] = []
  ) {
    send(to: victim, dbus_message_new_signal(path, interface, member), arguments)
  }

  /// A method call, whose answer nobody reads.
  package func call(_ member: String, of victim: String, path: String, interface: String, _ arguments: [String] = []) {
    send(to: victim, dbus_message_new_method_call(victim, path, interface, member), arguments)
  }

  /// What looks like a reply to the call with that number, of whoever made it; an error where that has a name.
  package func reply(to victim: String, number: UInt32, error: String? = nil, _ arguments: [String] = []) {
    let message = dbus_message_new(error == nil ? DBUS_MESSAGE_TYPE_METHOD_RETURN : DBUS_MESSAGE_TYPE_ERROR)
    dbus_message_set_reply_serial(message, number)
    if let error { dbus_message_set_error_name(message, error) }
    send(to: victim, message, arguments)
  }

  private func send(to victim: String?, _ message: OpaquePointer?, _ arguments: [String]) {
    if let victim { dbus_message_set_destination(message, victim) }
    var iterator = DBusMessageIter()
    dbus_message_iter_init_append(message, &iterator)
    for argument in arguments {
      argument.withCString { text in
        var text: UnsafePointer<CChar>? = text
        dbus_message_iter_append_basic(&iterator, Int32(UInt8(ascii: "s")), &text)
      }
    }
    dbus_connection_send(connection, message, nil)
    dbus_message_unref(message)
  }

  /// Returns when all of it is on its way to the bus, which may not read it.
  package func flush() { dbus_connection_flush(connection) }

  /// Returns when the bus has passed on what was sent. A bus may end the connection for it; then, too.
  package func settle() async {
    await Task.detached { self.waitForBus() }.value
  }

  /// The same, on this thread.
  package func waitForBus() {
    let question = dbus_message_new_method_call(
      DBUS_SERVICE_DBUS, DBUS_PATH_DBUS, DBUS_INTERFACE_DBUS, "GetId")
    let answer = dbus_connection_send_with_reply_and_block(connection, question, 10_000, nil)
    if let answer { dbus_message_unref(answer) }
    dbus_message_unref(question)
  }
}

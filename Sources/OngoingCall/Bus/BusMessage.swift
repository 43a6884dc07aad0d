// SPDX-License-Identifier: Apache-2.0
internal import CDBus
package import CallModel

/// A method to call.
package struct BusCall: Sendable, Equatable {
  package var destination: String
  package var path: String
  package var interface: String
  package var member: String
  package var arguments: [BusValue]
  /// Whether the bus starts the service where it does not run.
  package var startsService = true

  package init(
    to destination: String, path: String, interface: String, member: String, _ arguments: BusValue...
  ) {
    self.destination = destination
    self.path = path
    self.interface = interface
    self.member = member
    self.arguments = arguments
  }

  /// One of the bus's own methods.
  static func toBus(_ member: String, _ argument: String? = nil) -> BusCall {
    var call = BusCall(
      to: NameOwners.bus, path: "/org/freedesktop/DBus", interface: NameOwners.bus, member: member)
    if let argument { call.arguments = [.string(argument)] }
    return call
  }
}

/// A signal that arrived.
package struct BusSignal: Sendable, Equatable {
  /// The unique name of the connection that sent it.
  package var sender: String
  package var path: String
  package var interface: String
  package var member: String
  package var arguments: [BusValue]
}

/// The owner of one message.
package struct BusMessage: ~Copyable {
  package enum Kind: Int32 {
    case call = 1
    case reply
    case error
    case signal
  }

  package let raw: OpaquePointer

  /// Takes over the reference that the caller has.
  package init(taking raw: OpaquePointer) { self.raw = raw }

  init(_ call: BusCall) throws(CallsError) {
    guard BusRule.isBusName(call.destination) else {
      throw .notSendable("“\(call.destination)” is not a D-Bus name")
    }
    guard BusRule.isPath(call.path) else { throw .notSendable("“\(call.path)” is not a D-Bus object path") }
    guard BusRule.isInterface(call.interface) else {
      throw .notSendable("“\(call.interface)” is not a D-Bus interface")
    }
    guard BusRule.isMember(call.member) else {
      throw .notSendable("“\(call.member)” is not the name of a D-Bus method")
    }
    for argument in call.arguments { try argument.checkSendable() }
    guard let raw = dbus_message_new_method_call(call.destination, call.path, call.interface, call.member)
    else { fatalError("out of memory") }
    self.raw = raw
    dbus_message_set_auto_start(raw, call.startsService ? 1 : 0)
    append(call.arguments)
  }

  deinit { dbus_message_unref(raw) }

  /// Appends values that `checkSendable()` let pass.
  package func append(_ values: [BusValue]) {
    var iterator = DBusMessageIter()
    dbus_message_iter_init_append(raw, &iterator)
    for value in values { value.append(to: &iterator) }
  }

  package var kind: Kind? { Kind(rawValue: dbus_message_get_type(raw)) }
  package var sender: String? { dbus_message_get_sender(raw).map { String(cString: $0) } }
  package var path: String? { dbus_message_get_path(raw).map { String(cString: $0) } }
  package var interface: String? { dbus_message_get_interface(raw).map { String(cString: $0) } }
  package var member: String? { dbus_message_get_member(raw).map { String(cString: $0) } }
  var errorName: String? { dbus_message_get_error_name(raw).map { String(cString: $0) } }
  /// The serial of the call that this answers; 0 for other messages.
  var replySerial: UInt32 { dbus_message_get_reply_serial(raw) }
  var expectsReply: Bool { kind == .call && dbus_message_get_no_reply(raw) == 0 }

  /// What is in it, or nil where that is more than the budget.
  package func arguments(within budget: BusBudget = .answer) -> [BusValue]? {
    var iterator = DBusMessageIter()
    guard dbus_message_iter_init(raw, &iterator) != 0 else { return [] }
    var budget = budget
    var values: [BusValue] = []
    repeat {
      guard let value = BusValue.read(at: &iterator, budget: &budget) else { return nil }
      values.append(value)
    } while dbus_message_iter_next(&iterator) != 0
    return values
  }

  func signal() -> BusSignal? {
    guard kind == .signal, let path, let interface, let member, let arguments = arguments(within: .signal) else {
      return nil
    }
    return BusSignal(
      sender: sender ?? "", path: path, interface: interface, member: member, arguments: arguments)
  }
}

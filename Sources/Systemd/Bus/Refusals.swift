// SPDX-License-Identifier: Apache-2.0
internal import CSystemd

/// Calls that were refused, and whose callers have not been told yet: that can wait until the bus has been read. Of each
/// only its number is kept, as there may be tens of thousands.
@EventLoopActor
final class Refusals {
  private struct Refusal {
    var caller: String
    var serial: UInt64
    var error: BusError
  }

  private let bus: OpaquePointer
  private var waiting: [Refusal] = []

  /// What a bus lets one connection wait for. More of them stay without an answer.
  private static let most = 50_000
  /// At once, so that what is answered meanwhile does not wait for the bus to take them.
  private static let batch = 16

  init(on bus: OpaquePointer) { self.bus = bus }

  var isEmpty: Bool { waiting.isEmpty }

  /// - Parameter serial: the call's number.
  func add(_ serial: UInt64, of caller: String, _ error: BusError) {
    guard waiting.count < Self.most else { return }
    waiting.append(Refusal(caller: caller, serial: serial, error: error))
  }

  /// The newest first: dbus-daemon looks for the call of every answer, beginning with those.
  func send() {
    for refusal in waiting.suffix(Self.batch).reversed() { send(refusal) }
    waiting.removeLast(min(Self.batch, waiting.count))
    if waiting.isEmpty { waiting = [] }
  }

  private func send(_ refusal: Refusal) {
    // An answer is made of its call, of which only the caller and the number are in it.
    var call: OpaquePointer?
    guard sd_bus_message_new_method_call(bus, &call, nil, "/", nil, "Refused") >= 0, let call else { return }
    let message = Message(adopting: call)
    guard sd_bus_message_set_sender(message.pointer, refusal.caller) >= 0,
      sd_bus_message_seal(message.pointer, refusal.serial, 0) >= 0
    else { return }
    MethodCall(message).fail(refusal.error)
  }
}

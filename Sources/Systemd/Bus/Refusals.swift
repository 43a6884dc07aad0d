// SPDX-License-Identifier: Apache-2.0
internal import CSystemd

/// Refused calls whose callers have not been told yet; this can wait until the bus has been read. Only their serial
/// numbers are kept, because there may be tens of thousands.
@EventLoopActor
final class Refusals {
  private struct Refusal {
    var caller: String
    var serial: UInt64
    var error: BusError
  }

  private let bus: OpaquePointer
  private var waiting: [Refusal] = []

  /// How many calls a bus lets one connection wait for. Further calls get no answer.
  private static let most = 50_000
  /// Refusals that are sent at once, so that other answers do not wait for the bus to take them all.
  private static let batch = 16

  init(on bus: OpaquePointer) { self.bus = bus }

  var isEmpty: Bool { waiting.isEmpty }

  /// - Parameter serial: the call's serial number.
  func add(_ serial: UInt64, of caller: String, _ error: BusError) {
    guard waiting.count < Self.most else { return }
    waiting.append(Refusal(caller: caller, serial: serial, error: error))
  }

  /// Sends the newest first, because dbus-daemon searches for the call of each answer from there.
  func send() {
    for refusal in waiting.suffix(Self.batch).reversed() { send(refusal) }
    waiting.removeLast(min(Self.batch, waiting.count))
    if waiting.isEmpty { waiting = [] }
  }

  private func send(_ refusal: Refusal) {
    // An answer needs a call; this one has only the caller and the serial number.
    var call: OpaquePointer?
    guard sd_bus_message_new_method_call(bus, &call, nil, "/", nil, "Refused") >= 0, let call else { return }
    let message = Message(adopting: call)
    guard sd_bus_message_set_sender(message.pointer, refusal.caller) >= 0,
      sd_bus_message_seal(message.pointer, refusal.serial, 0) >= 0
    else { return }
    MethodCall(message).fail(refusal.error)
  }
}

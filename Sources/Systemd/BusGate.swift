// SPDX-License-Identifier: Apache-2.0
internal import CSystemd

/// Keeps calls with large answers away from a bus that does not take the answers as fast as they are asked for: what
/// waits to be sent is in this process's memory. As long as this is there.
@EventLoopActor
public final class BusGate {
  private var slot: OpaquePointer?
  private let members: Set<String>
  private let limit: UInt64
  private let error: BusError

  init(on bus: OpaquePointer, _ members: Set<String>, _ limit: UInt64, _ error: BusError) throws(BusError) {
    (self.members, self.limit, self.error) = (members, limit, error)
    // Unretained: the slot goes with this object.
    let userdata = Unmanaged.passUnretained(self).toOpaque()
    try BusError.check(
      sd_bus_add_filter(
        bus, &slot,
        { message, userdata, _ in
          guard let message, let userdata else { return 0 }
          let gate = Unmanaged<BusGate>.fromOpaque(userdata).takeUnretainedValue()
          // sd-bus calls on the loop's thread, where the message stays.
          nonisolated(unsafe) let call = message
          return EventLoopActor.assumeIsolated { gate.refuses(call) } ? 1 : 0
        }, userdata),
      "look at calls before they are answered")
  }

  deinit { EventLoopActor.assumeIsolated { _ = sd_bus_slot_unref(slot) } }

  private func refuses(_ call: OpaquePointer) -> Bool {
    var queued: UInt64 = 0
    guard sd_bus_get_n_queued_write(sd_bus_message_get_bus(call), &queued) >= 0, queued > limit,
      sd_bus_message_is_method_call(call, nil, nil) > 0
    else { return false }
    let message = Message(referring: call)
    guard members.contains(message.member) else { return false }
    MethodCall(message).fail(error)
    return true
  }
}

// SPDX-License-Identifier: Apache-2.0
internal import CSystemd
import CallModel

/// A method call that waits for its answer. It is answered exactly once, now or later.
///
/// If it is dropped without an answer, it is answered with an error, so that no caller waits forever.
@EventLoopActor
public final class MethodCall {
  public let message: Message
  /// Unidentified if callers are not identified.
  public let caller: Caller
  private var isAnswered = false

  init(_ message: consuming Message, by caller: Caller? = nil) {
    self.message = message
    self.caller = caller ?? .unidentified("it was not asked for")
  }

  deinit {
    EventLoopActor.assumeIsolated {
      if !isAnswered { fail(BusError(BusError.noReply, "the call was dropped")) }
    }
  }

  /// If the answer cannot be sent, for example because of its type, an error is sent instead.
  public func reply(_ values: [BusValue] = []) {
    guard !isAnswered else { return }
    do throws(BusError) {
      try send(values)
      isAnswered = true
    } catch { fail(error) }
  }

  private func send(_ values: [BusValue]) throws(BusError) {
    var reply: OpaquePointer?
    try BusError.check(sd_bus_message_new_method_return(message.pointer, &reply), "make an answer")
    guard let reply else { throw BusError(BusError.failed, "no memory for a message") }
    let answer = Message(adopting: reply)
    for value in values { try answer.append(value) }
    try BusError.check(sd_bus_send(nil, answer.pointer, nil), "answer \(message.member)")
  }

  public func fail(_ error: BusError) {
    guard !isAnswered else { return }
    isAnswered = true
    // The strings of the C struct live only during this call.
    error.name.withCString { name in
      error.message.withCString { text in
        var value = sd_bus_error(name: name, message: text, _need_free: 0)
        _ = sd_bus_reply_method_error(message.pointer, &value)
      }
    }
  }
}

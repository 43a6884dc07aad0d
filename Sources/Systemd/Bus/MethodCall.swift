// SPDX-License-Identifier: Apache-2.0
internal import CSystemd
import CallModel

/// A method call that somebody waits for. It is answered exactly once, now or later.
///
/// One that goes unanswered is answered with an error, so that no caller ever waits for a forgotten call.
@EventLoopActor
public final class MethodCall {
  public let message: Message
  /// Unidentified where nobody finds out who calls.
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

  /// An answer that cannot be sent, as one of another type than the interface says, is one with an error.
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
    // Strings of the C struct live as long as this call.
    error.name.withCString { name in
      error.message.withCString { text in
        var value = sd_bus_error(name: name, message: text, _need_free: 0)
        _ = sd_bus_reply_method_error(message.pointer, &value)
      }
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
internal import CSystemd

/// A method call that somebody waits for. It is answered exactly once, now or later.
///
/// One that goes unanswered is answered with an error, so that no caller ever waits for a forgotten call.
@EventLoopActor
public final class MethodCall {
  public let message: Message
  private var isAnswered = false

  init(_ message: consuming Message) { self.message = message }

  deinit {
    EventLoopActor.assumeIsolated {
      if !isAnswered { fail(BusError(BusError.noReply, "the call was dropped")) }
    }
  }

  public func reply(_ values: [BusValue] = []) {
    guard !isAnswered else { return }
    isAnswered = true
    var reply: OpaquePointer?
    guard sd_bus_message_new_method_return(message.pointer, &reply) >= 0, let reply else { return }
    let answer = Message(adopting: reply)
    do throws(BusError) {
      for value in values { try answer.append(value) }
    } catch {
      isAnswered = false
      return fail(error)
    }
    _ = sd_bus_send(nil, answer.pointer, nil)
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

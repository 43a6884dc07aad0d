// SPDX-License-Identifier: Apache-2.0
internal import CSystemd

/// The calls of a connection that wait for their replies.
///
/// sd-bus has its own table, and accepts any message with the right serial number as a reply. Serial numbers can be
/// guessed, and anybody can send a reply if the bus lets it pass, as dbus-daemon does. Here, a reply counts only if it
/// comes from the callee.
@EventLoopActor
final class PendingCalls {
  struct Call {
    /// The unique name of the callee, or the name of the bus itself.
    var callee: String
    var deadline: TimeLimit
    var reply: @EventLoopActor (borrowing Message) -> Void
    var failure: @EventLoopActor (BusError) -> Void
  }

  private var calls: [UInt64: Call] = [:]
  /// Set to the earliest deadline, or to an earlier time.
  private var alarm: (time: TimeLimit, timer: EventSource)?

  /// Sends `message`. If this fails, `call` is not registered.
  func send(_ message: borrowing Message, on bus: OpaquePointer, _ call: Call) throws(BusError) {
    var number: UInt64 = 0
    try BusError.check(sd_bus_send(bus, message.pointer, &number), "call \(message.member)")
    calls[number] = call
    watch(call.deadline)
  }

  /// After a reply of somebody else, the call keeps waiting for the real one.
  func take(_ reply: borrowing Message) {
    var number: UInt64 = 0
    guard sd_bus_message_get_reply_cookie(reply.pointer, &number) >= 0, let call = calls[number],
      call.isAnswered(by: reply)
    else { return }
    calls[number] = nil
    if calls.isEmpty { alarm = nil }
    call.reply(reply)
  }

  /// Whether `sender` may reply to the call with that serial number.
  func isAwaited(_ number: UInt32, from sender: String) -> Bool { calls[UInt64(number)]?.callee == sender }

  /// No replies will arrive any more.
  func failAll(_ error: BusError) { fail(error) { _ in true } }

  /// The reply to that call cannot be read.
  func fail(_ number: UInt32, _ error: BusError) {
    guard let call = calls.removeValue(forKey: UInt64(number)) else { return }
    if calls.isEmpty { alarm = nil }
    call.failure(error)
  }

  private func fail(_ error: BusError, where condition: (Call) -> Bool) {
    let failed = calls.filter { condition($0.value) }.sorted { $0.key < $1.key }
    for (number, _) in failed { calls[number] = nil }
    if calls.isEmpty { alarm = nil }
    for (_, call) in failed { call.failure(error) }
  }

  // MARK: Deadlines

  private func watch(_ deadline: TimeLimit) {
    if deadline.isNever { return }
    if let alarm, alarm.time <= deadline { return }
    // Without a timer, a call waits as long as its callee exists.
    let timer = try? EventSource.timer(after: deadline.rest) { [weak self] in self?.expire() }
    alarm = timer.map { (deadline, $0) }
  }

  private func expire() {
    alarm = nil
    fail(BusError(BusError.timeout, "there was no answer in time")) { $0.deadline.isOver }
    if let next = calls.values.map(\.deadline).min() { watch(next) }
  }
}

extension PendingCalls.Call {
  /// The bus answers, with errors, for callees that have disconnected or may not be called.
  fileprivate func isAnswered(by reply: borrowing Message) -> Bool {
    let sender = reply.sender
    return sender == callee || sender == Bus.driverName && sd_bus_message_is_method_error(reply.pointer, nil) > 0
  }
}

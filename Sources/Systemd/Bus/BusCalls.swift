// SPDX-License-Identifier: Apache-2.0
internal import CSystemd
import CallModel

/// Requests of a connection to others, for ``BusService``, which knows who they are.
extension Bus {
  /// The owner of `name`, or the connection with that unique name.
  public func service(_ name: String) -> BusService { BusService(name, on: self) }

  // MARK: Calls

  /// Calls `callee`, which is a unique name or the name of the bus itself.
  func call<T: Sendable>(
    _ callee: String, _ path: String, _ interface: String, _ member: String, _ arguments: [BusValue],
    until deadline: TimeLimit, decode: @escaping (borrowing Message) throws(BusError) -> T,
    answer: @escaping @EventLoopActor (Result<T, BusError>) -> Void
  ) {
    let call = PendingCalls.Call(
      callee: callee, deadline: deadline,
      reply: { reply in
        do throws(BusError) {
          if let error = reply.error { throw error }
          answer(.success(try decode(reply)))
        } catch { answer(.failure(error)) }
      },
      failure: { answer(.failure($0)) })
    do throws(BusError) {
      try calls.send(try makeCall(callee, path, interface, member, arguments), on: pointer, call)
    } catch { answer(.failure(error)) }
  }

  private func makeCall(
    _ destination: String, _ path: String, _ interface: String, _ member: String, _ arguments: [BusValue]
  ) throws(BusError) -> Message {
    var call: OpaquePointer?
    try BusError.check(
      sd_bus_message_new_method_call(pointer, &call, destination, path, interface, member), "make a call of \(member)")
    guard let call else { throw BusError(BusError.failed, "no memory for a message") }
    let message = Message(adopting: call)
    for argument in arguments { try message.append(argument) }
    return message
  }

  // MARK: Signals

  /// The delay before a request that exceeded a limit of the bus is repeated.
  private static let limitPause = Duration.seconds(1)

  /// `handler` gets the matching signals of the owner, as long as the slot exists.
  func listen(
    to service: BusService, _ pattern: SignalPattern, _ handler: @escaping @EventLoopActor (borrowing Message) -> Void
  ) throws(BusError) -> BusSlot {
    guard isOpen else { throw BusError(BusError.failed, "the connection to the bus is lost") }
    let rule = pattern.rule(sender: service.name)
    let subscription = Subscriptions.Subscription(service, pattern, handler)
    subscriptions.add(subscription)
    askToHear(rule, for: subscription)
    return BusSlot {
      self.subscriptions.remove(subscription)
      self.forget(rule)
      withExtendedLifetime(service) {}
    }
  }

  private func askToHear(_ rule: String, for subscription: Subscriptions.Subscription) {
    ask("AddMatch", [.string(rule)], timeout: nil) { _ throws(BusError) in
    } answer: { [weak self] result in
      guard case .failure(let error) = result, let self, isOpen else { return }
      // Start again rather than miss signals.
      guard error.name == BusError.limitsExceeded else { return end() }
      // All programs of the user may share one limit for match rules, and one of them may have used it up.
      EventLoopActor.task { [weak self] in
        try? await EventSource.pause(Self.limitPause)
        if let self, subscription.isListed { askToHear(rule, for: subscription) }
      }
    }
  }

  private func forget(_ rule: String) {
    guard
      let message = try? makeCall(Self.driverName, Self.driverPath, Self.driverName, "RemoveMatch", [.string(rule)])
    else { return }
    // Without a serial number, no reply is requested.
    _ = sd_bus_send(pointer, message.pointer, nil)
  }
}

/// Returns the answer that `ask` delivers.
@EventLoopActor
func withBusAnswer<T: Sendable>(
  _ ask: (@escaping @EventLoopActor (Result<T, BusError>) -> Void) -> Void
) async throws(BusError) -> T {
  let result: Result<T, BusError> = await withCheckedContinuation { continuation in
    ask { continuation.resume(returning: $0) }
  }
  return try result.get()
}

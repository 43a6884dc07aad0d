// SPDX-License-Identifier: Apache-2.0

/// Whose signals a connection wants.
///
/// sd-bus has a table of its own. It takes a signal for that of a well-known name whoever has sent it, and ends the
/// connection when anybody sends it an error with the number of its request for one. Here the sender has to be the owner.
@EventLoopActor
final class Subscriptions {
  @EventLoopActor
  final class Subscription {
    // Its slot has the service for as long as this is listed.
    unowned let service: BusService
    let pattern: SignalPattern
    let handler: @EventLoopActor (borrowing Message) -> Void
    fileprivate(set) var isListed = true

    init(
      _ service: BusService, _ pattern: SignalPattern, _ handler: @escaping @EventLoopActor (borrowing Message) -> Void
    ) {
      (self.service, self.pattern, self.handler) = (service, pattern, handler)
    }
  }

  private var all: [Subscription] = []

  func add(_ subscription: Subscription) { all.append(subscription) }

  func remove(_ subscription: Subscription) {
    subscription.isListed = false
    all.removeAll { $0 === subscription }
  }

  /// In the order in which they were added; handlers may add and remove.
  func deliver(_ signal: borrowing Message) {
    let sender = signal.sender
    for subscription in all
    where subscription.isListed && subscription.service.owner == sender && subscription.pattern.fits(signal) {
      subscription.handler(signal)
      // The next one reads from the beginning.
      signal.rewind()
    }
  }
}

// SPDX-License-Identifier: Apache-2.0

/// The signals that a connection wants.
///
/// sd-bus has its own table. It attributes a signal to a well-known name, whoever sent it; and it closes the connection
/// if anybody sends an error with the serial number of its request. Here, the sender must be the owner.
@EventLoopActor
final class Subscriptions {
  @EventLoopActor
  final class Subscription {
    // The slot retains the service while this is listed.
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

  /// Whether a signal of that sender may be delivered.
  func areWanted(from sender: String) -> Bool { all.contains { $0.service.owner == sender } }

  /// Delivers in the order of subscription; handlers may add and remove subscriptions.
  func deliver(_ signal: borrowing Message) {
    let sender = signal.sender
    for subscription in all
    where subscription.isListed && subscription.service.owner == sender && subscription.pattern.fits(signal) {
      subscription.handler(signal)
      // The next handler reads from the beginning.
      signal.rewind()
    }
  }
}

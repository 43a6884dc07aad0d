// SPDX-License-Identifier: Apache-2.0
import CallModel
import CallNotification
import Systemd

/// What is pressed in notifications, no faster than a person presses.
///
/// The first press passes at once. What comes sooner after it waits, each wish in its turn. The newest press of a wish
/// wins, and the earlier ones are counted: a server that is broken may send a hundred thousand.
@EventLoopActor
final class PressQueue {
  struct Press {
    let session: SessionID
    let key: ActionKey
    let token: String?
    /// How many earlier presses of the same wish were left out.
    var leftOut = 0
  }

  private struct Place: Hashable {
    let session: SessionID
    let wish: Wish
  }

  private enum Wish: Hashable {
    case comeBack, mute, transfer
    case other(String)

    init(_ key: ActionKey) {
      self =
        switch key {
        case .tap, .return: .comeBack
        case .mute, .unmute: .mute
        case .transfer, .declineTransfer: .transfer
        case .hangUp, .callAgain, .call, .doNotCall, .custom: .other(key.text)
        }
    }
  }

  private let pause: Duration
  private let pass: @EventLoopActor (Press) -> Void
  private var order: [Place] = []
  private var waiting: [Place: Press] = [:]
  private var timer: EventSource?

  init(pause: Duration = Wait.betweenWishes, _ pass: @escaping @EventLoopActor (Press) -> Void) {
    (self.pause, self.pass) = (pause, pass)
  }

  func add(_ press: Press) {
    guard timer != nil else { return passOn(press) }
    let place = Place(session: press.session, wish: Wish(press.key))
    if let earlier = waiting.updateValue(press, forKey: place) {
      waiting[place]?.leftOut = earlier.leftOut + 1
    } else {
      order.append(place)
    }
  }

  private func passOn(_ press: Press) {
    pass(press)
    timer = try? EventSource.timer(after: pause) { [weak self] in self?.next() }
    if timer == nil { next() }
  }

  private func next() {
    timer = nil
    guard !order.isEmpty, let press = waiting.removeValue(forKey: order.removeFirst()) else { return }
    passOn(press)
  }
}

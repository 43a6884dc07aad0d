// SPDX-License-Identifier: Apache-2.0
import CallNotification
import Logging
import Systemd

/// One notification, on whichever server there is: carries out what its life says.
@EventLoopActor
final class Posting {
  private(set) var life: NotificationLife

  private let name: String
  private let dismissalPause: Duration
  private let logger: Logger
  private let remember: @EventLoopActor (PostedNotification?) -> Void
  private var server: NotificationServer?
  private var owner: String?
  private var timers: [NotificationLife.Deadline: EventSource] = [:]

  /// - Parameters:
  ///   - left: where an earlier daemon has left it.
  ///   - name: what it is of, for the journal.
  init(
    left: PostedNotification?, name: String, dismissalPause: Duration = Wait.dismissedNotification, logger: Logger,
    remember: @escaping @EventLoopActor (PostedNotification?) -> Void
  ) {
    life = NotificationLife(left: left)
    self.name = name
    self.dismissalPause = dismissalPause
    self.logger = logger
    self.remember = remember
  }

  func serverAppeared(_ server: NotificationServer, _ owner: String) {
    (self.server, self.owner) = (server, owner)
    handle(.serverAppeared(owner))
  }

  func serverVanished() {
    (server, owner) = (nil, nil)
    handle(.serverVanished)
  }

  func handle(_ input: NotificationLife.Input) {
    for effect in life.handle(input) {
      switch effect {
      case .post(let content, let replaced): post(content, replacing: replaced)
      case .close(let id): server?.close(id)
      case .remember: remember(life.posted)
      case .arm(let deadline): arm(deadline)
      case .disarm(let deadline): timers[deadline] = nil
      }
    }
  }

  private func post(_ content: NotificationContent, replacing replaced: UInt32) {
    guard let server, let owner else { return }
    // It stays until the answer: one that is not wanted any more by then is taken away then.
    EventLoopActor.task { [self] in
      var input: NotificationLife.Input
      do throws(BusError) {
        input = .posted(try await server.post(content, replacing: replaced))
      } catch {
        logger.warning("\(name): the notification is not shown: \(error)")
        input = .refused
      }
      // The answer of a server that is gone is nobody's.
      guard self.owner == owner else { return }
      handle(input)
    }
  }

  private func arm(_ deadline: NotificationLife.Deadline) {
    let wait =
      switch deadline {
      case .dismissal: dismissalPause
      case .retry: Wait.notificationRetry
      case .use: Wait.usedNotification
      }
    do {
      timers[deadline] = try EventSource.timer(after: wait) { [weak self] in self?.handle(.passed(deadline)) }
    } catch { logger.error("\(error)") }
  }
}

// SPDX-License-Identifier: Apache-2.0
import CallNotification
import Logging
import Systemd

/// One notification, on the current server: carries out the effects of its life.
@EventLoopActor
final class Posting {
  private(set) var life: NotificationLife
  var dismissalPause: Duration
  /// Called after every change.
  var onChange: @EventLoopActor () -> Void = {}

  private let name: String
  private let logger: Logger
  private var remember: @EventLoopActor (PostedNotification?) -> Void
  // Pending answers must not keep the server alive.
  private weak var server: NotificationServer?
  private var timers: [NotificationLife.Deadline: EventSource] = [:]

  /// - Parameters:
  ///   - left: where an earlier daemon left the notification.
  ///   - name: what the notification is about, for the journal.
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

  func serverAppeared(_ server: NotificationServer, _ identity: String) {
    self.server = server
    handle(.serverAppeared(identity))
  }

  func serverVanished() {
    server = nil
    handle(.serverVanished)
  }

  /// Withdraws the notification for good; its place need not be saved any more.
  func withdraw() {
    remember = { _ in }
    handle(.want(nil))
  }

  func handle(_ input: NotificationLife.Input) {
    for effect in life.handle(input) {
      switch effect {
      case .post(let content, let replaced, let isProvisional): post(content, replacing: replaced, isProvisional)
      case .close(let id): server?.close(id)
      case .remember: remember(life.posted)
      case .arm(let deadline): arm(deadline)
      case .disarm(let deadline): timers[deadline] = nil
      }
    }
    onChange()
  }

  private func post(_ content: NotificationContent, replacing replaced: UInt32, _ isProvisional: Bool) {
    // The object lives until the answer, and then closes a notification that is not wanted any more.
    server?.post(content, replacing: replaced, isProvisional: isProvisional) { [self] result in
      switch result {
      case .success(let id): handle(.posted(id))
      case .failure(let error):
        logger.warning("\(name): cannot show the notification: \(error)")
        handle(.refused)
      }
    }
  }

  private func arm(_ deadline: NotificationLife.Deadline) {
    let wait =
      switch deadline {
      case .dismissal: dismissalPause
      case .retry: Wait.notificationRetry(life.failures)
      case .use: Wait.usedNotification
      }
    do {
      timers[deadline] = try EventSource.timer(after: wait) { [weak self] in self?.handle(.passed(deadline)) }
    } catch { logger.error("\(error)") }
  }
}

// SPDX-License-Identifier: Apache-2.0
import CallModel
import CallNotification
import Systemd

/// One notification, on the current server: carries out the effects of its life.
@EventLoopActor
final class Posting {
  private(set) var life: NotificationLife
  var dismissalPause: Duration
  /// Called when it is shown, refused or over, or is so no more.
  var onChange: @EventLoopActor () -> Void = {}

  private let report: @EventLoopActor (String) -> Void
  /// Of actions that were used, as the server says.
  private var uses = TokenBucket(Limit.uses, every: Wait.oneMoreUse)
  private var remember: @EventLoopActor (PostedNotification?) -> Void
  // Pending answers must not keep the server alive.
  private weak var server: NotificationServer?
  private var timers: [NotificationLife.Deadline: EventSource] = [:]

  /// - Parameters:
  ///   - left: where an earlier daemon left the notification.
  ///   - report: gets what went wrong.
  init(
    left: PostedNotification?, dismissalPause: Duration = Wait.dismissedNotification,
    report: @escaping @EventLoopActor (String) -> Void,
    remember: @escaping @EventLoopActor (PostedNotification?) -> Void
  ) {
    life = NotificationLife(left: left)
    self.dismissalPause = dismissalPause
    self.report = report
    self.remember = remember
  }

  func serverAppeared(_ server: NotificationServer, _ identity: String, _ traits: ServerTraits) {
    self.server = server
    handle(.serverAppeared(identity, traits))
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

  /// One of its actions was used. A server that says so again and again, and closes the notification each time, has it
  /// posted again at once only so often.
  func used(_ id: UInt32) { if uses.take() { handle(.acted(id)) } }

  func handle(_ input: NotificationLife.Input) {
    let before = Visible(life)
    for effect in life.handle(input) {
      switch effect {
      case .post(var content, let replaced, let isProvisional, let isQuiet):
        if isQuiet { content.urgency = Importance.low.urgency }
        post(content, replacing: replaced, isProvisional)
      case .close(let id): server?.close(id)
      case .remember: remember(life.posted)
      case .arm(let deadline): arm(deadline)
      case .disarm(let deadline): timers[deadline] = nil
      }
    }
    if Visible(life) != before { onChange() }
  }

  private func post(_ content: NotificationContent, replacing replaced: UInt32, _ isProvisional: Bool) {
    // The object lives until the answer, and then closes a notification that is not wanted any more.
    server?.post(content, replacing: replaced, isProvisional: isProvisional) { [self] result in
      switch result {
      case .success(let id): handle(.posted(id))
      case .failure(let error):
        let what = replaced == 0 ? "shows no notification yet" : "does not show the newest state yet"
        report("the notification server \(what): \(error.shown)")
        handle(.refused)
      }
    }
  }

  private func arm(_ deadline: NotificationLife.Deadline) {
    let wait =
      switch deadline {
      case .dismissal: Wait.dismissal(dismissalPause, evictions: life.evictions)
      case .retry: Wait.notificationRetry(life.failures)
      case .use: Wait.usedNotification
      case .banner: Wait.banner
      }
    do {
      timers[deadline] = try EventSource.timer(after: wait) { [weak self] in self?.handle(.passed(deadline)) }
    } catch { report("\(error)") }
  }
}

/// What others ask of a notification's life.
private struct Visible: Equatable {
  let place: NotificationPlace
  let isRefused, isOver: Bool

  init(_ life: NotificationLife) { (place, isRefused, isOver) = (life.place, life.isRefused, life.isOver) }
}

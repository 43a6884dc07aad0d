// SPDX-License-Identifier: Apache-2.0
import Logging
import Systemd

/// Asks the login manager what the machine is about to do, whenever that may have changed. It asks one question at a
/// time; signals that arrive meanwhile cause a bounded number of further questions.
@EventLoopActor
final class PreparationMonitor {
  private let login: LoginManager
  private let logger: Logger
  private let handler: @EventLoopActor (LoginManager.Preparation) -> Void
  private var signals: [BusSlot] = []
  /// Something may have changed since the last question.
  private var isDue = true
  private var isAsking = false
  private var pause: EventSource?
  private var failures = 0

  /// `handler` gets every answer; there is at least one.
  init(
    _ login: LoginManager, logger: Logger, _ handler: @escaping @EventLoopActor (LoginManager.Preparation) -> Void
  ) throws(BusError) {
    (self.login, self.logger, self.handler) = (login, logger, handler)
    // Subscribe before asking, so that no change is missed.
    signals = try login.onPreparation { [weak self] in
      self?.isDue = true
      self?.ask()
    }
    ask()
  }

  private func ask() {
    guard isDue, !isAsking, pause == nil else { return }
    (isDue, isAsking) = (false, true)
    EventLoopActor.task { [weak self, login] in
      do throws(BusError) {
        let answer = try await login.preparation()
        self?.isAnswered(answer)
      } catch { self?.failed(error) }
    }
  }

  private func isAnswered(_ answer: LoginManager.Preparation) {
    (isAsking, failures) = (false, 0)
    rest(Wait.betweenQuestions)
    handler(answer)
  }

  private func failed(_ error: BusError) {
    (isAsking, isDue) = (false, true)
    failures += 1
    if failures == 1 {
      logger.warning("sleep and shutdown come without a warning until the login manager answers: \(error)")
    }
    rest(Wait.systemBus(failures))
  }

  private func rest(_ time: Duration) {
    do {
      pause = try EventSource.timer(after: time) { [weak self] in
        self?.pause = nil
        self?.ask()
      }
    } catch { logger.error("cannot set a timer to ask the login manager again: \(error)") }
  }
}

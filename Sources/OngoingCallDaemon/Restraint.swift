// SPDX-License-Identifier: Apache-2.0
import Logging
import Systemd

/// What keeps the machine from doing something, for as long as it is wanted and as far as policy lets the user.
@EventLoopActor
final class Restraint {
  private let login: LoginManager
  private let operations: [String]
  private let mode: LoginManager.Mode
  private let why: String
  private let logger: Logger
  private var isWanted = false
  private var inhibitors: [LoginManager.Inhibitor] = []

  init(_ login: LoginManager, _ mode: LoginManager.Mode, _ operations: String..., why: String, logger: Logger) {
    self.login = login
    self.operations = operations
    self.mode = mode
    self.why = why
    self.logger = logger
  }

  func take() {
    guard !isWanted else { return }
    isWanted = true
    EventLoopActor.task { [weak self] in await self?.ask() }
  }

  func drop() { (isWanted, inhibitors) = (false, []) }

  /// One by one: for several at once logind asks polkit about none of them, but about something that is allowed to
  /// fewer. What is refused, such as to block sleep without a seat, is not asked for again while this is wanted.
  private func ask() async {
    for operation in operations {
      do throws(BusError) {
        let inhibitor = try await login.inhibit(operation, mode, who: "OngoingCall", why: why)
        guard isWanted else { return }
        inhibitors.append(inhibitor)
      } catch {
        logger.log(level: mode == .delay ? .warning : .info, "cannot \(mode.rawValue) “\(operation)”: \(error)")
      }
    }
  }
}

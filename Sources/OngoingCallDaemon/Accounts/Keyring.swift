// SPDX-License-Identifier: Apache-2.0
import CallModel
import Systemd

/// The user's keyring, which ``SecretName/executable`` asks: one request after the other, in their order.
///
/// Each request has its time from when it is made: while the user is asked to unlock the keyring for one, the others
/// wait for the same.
@EventLoopActor
final class Keyring {
  /// The exit statuses of the program.
  private enum Status {
    static let done: Int32 = 0
    static let noPassword: Int32 = 3
    static let noService: Int32 = 4
    static let locked: Int32 = 5
  }

  private final class Errand {
    let account: AccountID
    let arguments: [String]
    let input: [UInt8]
    let done: (Result<[UInt8], PasswordProblem>) -> Void
    let patience: Duration
    let end: UInt64
    var timer: EventSource?

    init(
      _ account: AccountID, _ arguments: [String], _ input: [UInt8], _ patience: Duration,
      _ done: @escaping (Result<[UInt8], PasswordProblem>) -> Void
    ) {
      (self.account, self.arguments, self.input, self.done) = (account, arguments, input, done)
      (self.patience, end) = (patience, SystemClock.monotonic.now + patience.microseconds)
    }
  }

  private let program: String
  private let patience: Duration
  private var waiting: [Errand] = []
  private var isBusy = false

  /// - Parameter program: its path.
  init(program: String, patience: Duration = Wait.keyring) { (self.program, self.patience) = (program, patience) }

  /// `then` gets what the program wrote to standard output.
  ///
  /// - Parameter patience: nil is time enough for a user to unlock the keyring.
  func ask(
    _ verb: String, _ account: AccountID, _ options: [String] = [], input: [UInt8] = [],
    within patience: Duration? = nil,
    then: @escaping (Result<[UInt8], PasswordProblem>) -> Void
  ) {
    guard waiting.count < Limit.keyringRequests else { return then(.failure(.crowded(waiting.count))) }
    let patience = patience ?? self.patience
    let errand = Errand(account, [verb, account.description] + options, input, patience, then)
    guard isBusy else { return start(errand) }
    errand.timer = try? EventSource.timer(after: patience) { [weak self, weak errand] in
      if let errand { self?.giveUp(errand) }
    }
    waiting.append(errand)
  }

  /// Its turn has not come.
  private func giveUp(_ errand: Errand) {
    waiting.removeAll { $0 === errand }
    errand.done(.failure(.silent(errand.patience)))
  }

  private func start(_ errand: Errand) {
    errand.timer = nil
    isBusy = true
    let rest = errand.end > SystemClock.monotonic.now ? errand.end - SystemClock.monotonic.now : 0
    do throws(SystemError) {
      try ChildProgram(
        program, errand.arguments, input: errand.input, limit: Limit.passwordFileBytes,
        within: .microseconds(Int64(rest))
      ) { [weak self] result in
        self?.next()
        errand.done(self?.outcome(errand, result) ?? .failure(.failed("the daemon is stopping")))
      }
    } catch {
      next()
      errand.done(.failure(.failed("\(error)")))
    }
  }

  private func next() {
    isBusy = false
    if !waiting.isEmpty { start(waiting.removeFirst()) }
  }

  private func outcome(_ errand: Errand, _ result: ChildProgram.Result) -> Result<[UInt8], PasswordProblem> {
    switch result.end {
    case nil: .failure(.silent(errand.patience))
    case .exited(Status.done): .success(result.output)
    case .exited(Status.noPassword): .failure(.missing(errand.account, .secretService))
    case .exited(Status.noService): .failure(.noService(Self.words(result.errors)))
    case .exited(Status.locked): .failure(.locked)
    case .exited(ChildProgram.missing): .failure(.notInstalled(program))
    case .exited(ChildProgram.notRunnable): .failure(.failed("the program \(program) cannot be run; install it again"))
    case .exited(let status):
      .failure(.failed(result.errors.isEmpty ? "\(program) failed with status \(status)" : Self.words(result.errors)))
    case .killed(let signal): .failure(.failed("\(program) was ended by signal \(signal); try again"))
    }
  }

  /// What the program says, without its name in front.
  private static func words(_ errors: [UInt8]) -> String {
    let line = DisplayText(String(decoding: errors, as: UTF8.self)).description
    let name = SecretName.executable + ": "
    return String(line.hasPrefix(name) ? line.dropFirst(name.count) : line[...])
  }
}

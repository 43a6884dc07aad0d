// SPDX-License-Identifier: Apache-2.0
import CallModel
import LinuxFiles
import Systemd

/// Where the passwords of accounts are kept: the user's keyring, a file, or a credential of the daemon's unit.
///
/// Nothing here waits, nor keeps a password longer than for an answer. `then` is called once.
@EventLoopActor
final class PasswordStore {
  private let keyring: Keyring
  private let directory: String?
  private let credentials: String?
  /// Called with what is found out of an account's password.
  var onNews: (@EventLoopActor (AccountID, PasswordPlace, News) -> Void)?

  enum News: Equatable {
    case found, stored
    case problem(PasswordProblem)
  }

  /// - Parameters:
  ///   - directory: where files are; nil if there is no home.
  ///   - credentials: the folder of the daemon's credentials; nil if it has none.
  init(keyring: Keyring, directory: String?, credentials: String?) {
    (self.keyring, self.directory, self.credentials) = (keyring, directory, credentials)
  }

  /// That of this user, with the program that was installed together with the daemon.
  static func standard() -> PasswordStore {
    let folder = SearchPath.folderOfThisProgram ?? ""
    return PasswordStore(
      keyring: Keyring(program: "\(folder)/\(SecretName.executable)"),
      directory: BaseDirectories().state.map { "\($0)/\(DataPath.passwords)" },
      credentials: Environment[EnvironmentName.credentialsDirectory])
  }

  // MARK: Reading

  func lookup(
    _ account: AccountID, in place: PasswordPlace, then done: @escaping (Result<Password, PasswordProblem>) -> Void
  ) {
    let take = { (bytes: [UInt8]) -> Result<Password, PasswordProblem> in
      do throws(PasswordFault) { return .success(try Password(firstLine: bytes)) } catch {
        return .failure(.unusable(account, place, error))
      }
    }
    let then = { [weak self] (result: Result<Password, PasswordProblem>) in
      if case .failure(let problem) = result {
        self?.onNews?(account, place, .problem(problem))
      } else {
        self?.onNews?(account, place, .found)
      }
      done(result)
    }
    switch place {
    case .secretService: keyring.ask("lookup", account) { then($0.flatMap(take)) }
    case .file: read(account, place, directory.map { "\($0)/\(account)" }) { then($0.flatMap(take)) }
    case .credential:
      let path = credentials.map { "\($0)/\(CredentialName.password(account))" }
      read(account, place, path) { then($0.flatMap(take)) }
    }
  }

  /// Whether there is a password, which is not read; nil is that it cannot be told without asking the user.
  func check(_ account: AccountID, in place: PasswordPlace, then done: @escaping (Bool?) -> Void) {
    let then = { [weak self] (isThere: Bool?, problem: PasswordProblem) in
      if let isThere { self?.onNews?(account, place, isThere ? .found : .problem(problem)) }
      done(isThere)
    }
    let missing = PasswordProblem.missing(account, place)
    let path: String?
    switch place {
    case .secretService:
      keyring.ask("check", account, within: Wait.keyringCheck) { result in
        switch result {
        case .success: then(true, missing)
        case .failure(let problem): then(problem == missing ? false : nil, missing)
        }
      }
      return
    case .file: path = directory.map { "\($0)/\(account)" }
    case .credential: path = credentials.map { "\($0)/\(CredentialName.password(account))" }
    }
    guard let path else { return then(false, place == .file ? .noFolder : missing) }
    FileWorker.shared.submit(about: path, within: Wait.files) {
      .findPassword(path)
    } done: { (result: Result<FileJob.Maybe<Bool>, FileTrouble>) in
      then((try? result.get())?.value, missing)
    }
  }

  private func read(
    _ account: AccountID, _ place: PasswordPlace, _ path: String?,
    _ then: @escaping (Result<[UInt8], PasswordProblem>) -> Void
  ) {
    guard let path else { return then(.failure(place == .file ? .noFolder : .missing(account, place))) }
    FileWorker.shared.submit(about: path, within: Wait.files) {
      .readPassword(path, isOurs: place == .file)
    } done: { (result: Result<PasswordFile, FileTrouble>) in
      switch result {
      case .success(.bytes(let bytes)): then(.success(bytes))
      case .success(.none): then(.failure(.missing(account, place)))
      case .success(.exposed(let owner, let mode)): then(.failure(.exposed(path, owner: owner, mode: mode)))
      case .success(.unreadable(let reason)): then(.failure(.notReadable(path, reason)))
      case .failure(let trouble): then(.failure(.failed("cannot read the password: \(trouble)")))
      }
    }
  }

  // MARK: Changing

  /// - Parameter label: what programs that manage keyrings call it.
  func store(
    _ password: Password, for account: AccountID, label: String, in place: PasswordPlace,
    then done: @escaping (Result<Void, PasswordProblem>) -> Void
  ) {
    let then = { [weak self] (result: Result<Void, PasswordProblem>) in
      if case .success = result { self?.onNews?(account, place, .stored) }
      done(result)
    }
    switch place {
    case .secretService:
      let input = password.withBytes { $0 }
      keyring.ask("store", account, ["--label", label], input: input) { then($0.map { _ in }) }
    case .file:
      change("store") { directory in
        .writePassword(account.description, in: directory, password.withBytes { $0 })
      } then: {
        then($0)
      }
    case .credential: then(.failure(.notOurs(account)))
    }
  }

  /// One that is not there is no failure.
  func remove(
    _ account: AccountID, from place: PasswordPlace, then: @escaping (Result<Void, PasswordProblem>) -> Void
  ) {
    switch place {
    case .secretService:
      keyring.ask("remove", account) { result in
        if case .failure(.missing) = result { return then(.success(())) }
        then(result.map { _ in })
      }
    case .file:
      change("remove") {
        .removePassword("\($0)/\(account)")
      } then: {
        then($0)
      }
    case .credential: then(.failure(.notOurs(account)))
    }
  }

  /// Removes it wherever it may be kept; nobody is asked where there is none. `then` gets what cannot be removed.
  func removeEverywhere(_ account: AccountID, then: @escaping ([PasswordProblem]) -> Void) {
    remove(account, from: .file) { [keyring] result in
      var problems: [PasswordProblem] = []
      // Without a home, there is no file.
      if case .failure(let problem) = result, problem != .noFolder { problems.append(problem) }
      keyring.ask("check", account, within: Wait.keyringCheck) { result in
        switch result {
        case .success, .failure(.locked):
          keyring.ask("remove", account) { result in
            if case .failure(let problem) = result, problem != .missing(account, .secretService) {
              problems.append(problem)
            }
            then(problems)
          }
        case .failure(.missing), .failure(.noService), .failure(.notInstalled): then(problems)
        case .failure(let problem): then(problems + [problem])
        }
      }
    }
  }

  /// Removes one that was kept in a file, if the account has no file any more.
  func removeLeft(by account: AccountID, of accounts: String) {
    guard let directory else { return }
    FileWorker.shared.submit(about: directory, within: Wait.files) {
      .removePasswordLeft("\(directory)/\(account)", by: AccountFolder(path: accounts), id: account.description)
    } done: { (_: Result<FileJob.Done, FileTrouble>) in
    }
  }

  private func change(
    _ verb: String, _ job: @escaping (String) -> FileJob,
    then: @escaping (Result<Void, PasswordProblem>) -> Void
  ) {
    guard let directory else { return then(.failure(.noFolder)) }
    FileWorker.shared.submit(about: directory, within: Wait.files) {
      job(directory)
    } done: { (result: Result<FileJob.Done, FileTrouble>) in
      then(result.map { _ in }.mapError { .failed("cannot \(verb) the password: \($0)") })
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
import CallModel
import LinuxFiles
import Logging
import Systemd

/// The user's accounts, each of which is a file that a person may edit, too.
@EventLoopActor
final class AccountStore {
  private(set) var files: AccountFiles
  private(set) var list: AccountList
  private(set) var numbers: AccountNumbers
  private var findings: [AccountID: AccountFindings] = [:]
  /// Of the accounts of calls.
  private(set) var registrations: [SessionID: AccountRegistration] = [:]
  let directory: String?
  private let logger: Logger
  /// Called when the accounts have changed, with what they were before.
  var observers: [@EventLoopActor (AccountList) -> Void] = []
  private var refresh: EventSource?

  /// - Parameters:
  ///   - directory: nil if there is none; then there are no accounts.
  ///   - known: what an earlier daemon has read.
  ///   - numbers: those that it has given.
  init(directory: String? = nil, known: AccountFiles? = nil, numbers: AccountNumbers? = nil, logger: Logger) {
    self.directory = directory
    self.logger = logger
    files = known ?? AccountFiles()
    self.numbers = numbers ?? AccountNumbers()
    list = AccountList()
    _ = makeList()
  }

  /// nil where there is no home.
  static func standardDirectory(_ directories: BaseDirectories = BaseDirectories()) -> String? {
    directories.configurationHome.map { "\($0)/\(DataPath.accounts)" }
  }

  // MARK: Reading

  /// Reads the files in the background.
  func read(within patience: Duration = Wait.files, then: @escaping () -> Void = {}) {
    guard let directory else { return then() }
    FileWorker.shared.submit(about: directory, within: patience) {
      .accounts(directory)
    } late: { [weak self] in
      self?.take($0)
    } done: { [weak self] (result: Result<AccountFiles, FileTrouble>) in
      if case .success(let read) = result { self?.take(read) }
      then()
    }
  }

  /// The current accounts; if the folder does not answer, the last known ones.
  func current(within patience: Duration = Wait.look) async -> AccountList {
    await withCheckedContinuation { continuation in read(within: patience) { continuation.resume() } }
    return list
  }

  /// Reads the files soon, once for several changes that come together: an editor makes some for each that a person does.
  func folderChanged() {
    guard refresh == nil else { return }
    refresh = try? EventSource.timer(after: Wait.accountChanges) { [weak self] in
      self?.refresh = nil
      self?.read()
    }
  }

  private func take(_ read: AccountFiles) {
    guard read != files else { return }
    let old = files.problems
    files = read
    let before = makeList()
    for problem in read.problems where !old.contains(problem) { tell(problem) }
    for entry in list.entries where entry.account != nil && !entry.problem.isEmpty && before[entry.id] != entry {
      logger.warning("\(entry.problem)")
    }
    for observer in observers { observer(before) }
  }

  /// Returns the list that there was. What was found out of an account that is another now does not count any more.
  private func makeList() -> AccountList {
    let before = list
    numbers.add(files.files.compactMap { AccountID($0.id) })
    list = AccountList(files, findings, numbers: numbers)
    findings = findings.filter { id, _ in before[id]?.account == list[id]?.account }
    list = AccountList(files, findings, Array(registrations.values), numbers: numbers)
    return before
  }

  /// Takes over how the registration for a call fares; nil is that there is none.
  func note(_ registration: AccountRegistration?, of session: SessionID) {
    guard registrations[session] != registration else { return }
    registrations[session] = registration
    let before = makeList()
    for observer in observers { observer(before) }
  }

  /// Takes over what is found out of an account.
  func learn(of id: AccountID, _ change: (inout AccountFindings) -> Void) {
    guard list[id] != nil else { return }
    var found = findings[id] ?? AccountFindings()
    change(&found)
    found.problem = DisplayText(found.problem).description
    guard found != findings[id] ?? AccountFindings() else { return }
    findings[id] = found
    let before = makeList()
    for observer in observers { observer(before) }
  }

  private func tell(_ found: AccountFiles.Problem) {
    let path = DisplayText(found.path).description
    var fields: Logger.Metadata = [JournalField.configurationFile: "\(path)"]
    let line = found.problem.line
    if line > 0 { fields[JournalField.configurationLine] = "\(line)" }
    let place = line > 0 ? "\(path):\(line)" : path
    logger.warning("\(place): \(found.problem.text); the account cannot be used", metadata: fields)
  }

  /// What went wrong with something of an account besides its file.
  func note(_ problem: String) { logger.warning("\(problem)") }

  // MARK: Changing

  /// Adds an account, and returns its id when its file is there.
  func add(_ account: Account) async throws(BusError) -> AccountID {
    let what = "cannot add the account of \(account.address)"
    let id = try await change(what) { list throws(BusError) in
      guard list.entries.count < Limit.accounts else {
        let text = "there are \(Limit.accounts) accounts, which is the limit; remove one of them"
        throw BusError(.limitReached(text))
      }
      let id = AccountID(for: account.address, besides: list.ids)
      return (id, AccountChange(id: id.description, after: account))
    }
    logger.info("added the account “\(id)”")
    return id
  }

  /// Changes what is given of an account. Returns when its file says so.
  func edit(_ id: AccountID, _ entries: [(String, BusValue)]) async throws(BusError) {
    _ = try await change("cannot change the account “\(id)”") { list throws(BusError) in
      let before = try Self.account(id, in: list)
      var after = before
      do throws(OptionProblem) { try after.change(entries) } catch { throw BusError(CallRefusal(error)) }
      guard after != before else { return (id, nil) }
      return (id, AccountChange(id: id.description, before: before, after: after))
    }
    logger.info("changed the account “\(id)”")
  }

  /// Takes an account's file away, whatever it says.
  func remove(_ id: AccountID) async throws(BusError) {
    _ = try await change("cannot remove the account “\(id)”") { _ in (id, AccountChange(id: id.description)) }
    logger.info("removed the account “\(id)”")
  }

  private static func account(_ id: AccountID, in list: AccountList) throws(BusError) -> Account {
    guard let entry = list[id] else {
      throw BusError(BusError.inputOutput, "there is no account “\(id)” any more; \(list.listed)")
    }
    guard let account = entry.account else {
      // To write it anew would lose what a person has written.
      let text =
        "the account “\(id)” cannot be changed as long as its file is wrong; correct it first: \(entry.problem)"
      throw BusError(BusError.inputOutput, text)
    }
    return account
  }

  /// Makes a change of the files as they are now.
  ///
  /// - Parameter make: which account is changed, and how; without a change nothing is written.
  private func change(
    _ problem: String, _ make: (AccountList) throws(BusError) -> (AccountID, AccountChange?)
  ) async throws(BusError) -> AccountID {
    guard let directory else {
      let text = "no folder to save it in; set HOME or \(EnvironmentName.configurationHome) to an absolute path"
      throw BusError(BusError.inputOutput, "\(problem): \(text)")
    }
    func ask<Value: Codable & Sendable>(_ job: FileJob) async throws(BusError) -> Value {
      do throws(FileTrouble) { return try await FileWorker.shared.ask(job, about: directory) } catch {
        throw BusError(BusError.inputOutput, "\(problem): \(error)")
      }
    }
    for _ in 0..<Limit.accountTries {
      take(try await ask(.accounts(directory)))
      let (id, change) = try make(list)
      guard let change else { return id }
      let after: FileJob.Maybe<AccountFiles> = try await ask(.changeAccount(directory, change))
      guard let files = after.value else { continue }
      take(files)
      return id
    }
    let text = "another program changes its file at the same time; try again"
    throw BusError(BusError.inputOutput, "\(problem): \(text)")
  }
}

// SPDX-License-Identifier: Apache-2.0
import CallModel

/// What was found out of an account, besides what its file says.
struct AccountFindings: Equatable, Sendable {
  /// nil is that nobody knows.
  var hasPassword: Bool?
  /// Whether the last registration did not succeed.
  var isRefused = false
  /// Of its password, of its registration or of the last call through it: a line for people, or "".
  var problem = ""
}

/// The accounts, as their files say.
struct AccountList: Equatable, Sendable {
  struct Entry: Equatable, Sendable {
    let id: AccountID
    let number: Int
    /// nil where its file is wrong.
    let account: Account?
    let isDefault: Bool
    /// What is wrong with its file, in a line for people; "" where nothing is.
    let problem: String
    let findings: AccountFindings
    /// Those of calls that go through it.
    let registrations: [AccountRegistration]

    var state: AccountState {
      guard let account else { return .failed }
      guard account.isEnabled else { return .disabled }
      if registeredUntil > 0 { return .registered }
      if !registrations.isEmpty { return .registering }
      if findings.hasPassword == false { return .noPassword }
      return findings.isRefused ? .failed : .ready
    }

    /// What applications in sandboxes name it by, besides its label: no id is like it.
    var name: String { AccountID.shown(number) }

    /// Without an address in it, unless the user has put one there.
    var label: String { account?.label ?? "Account \(number)" }

    /// In microseconds since the epoch; 0 is that it is not registered.
    var registeredUntil: UInt64 { registrations.map(\.until).max() ?? 0 }

    /// A line for people; "" where nothing is wrong.
    var lastError: String { problem.isEmpty ? findings.problem : problem }
  }

  /// In the order of their ids.
  let entries: [Entry]

  init(
    _ files: AccountFiles = AccountFiles(), _ findings: [AccountID: AccountFindings] = [:],
    _ registrations: [AccountRegistration] = [], numbers: AccountNumbers = AccountNumbers()
  ) {
    var numbers = numbers
    numbers.add(files.files.compactMap { AccountID($0.id) })
    let claiming = files.files.filter { $0.account?.isDefault == true }.map(\.id)
    entries = files.files.compactMap { file in
      guard let id = AccountID(file.id) else { return nil }
      let isDefault = file.account?.isDefault == true
      let isFirst = claiming.first == file.id
      var problem = file.problems.first.map { $0.line > 0 ? "line \($0.line): \($0.text)" : $0.text } ?? ""
      if file.account == nil { problem = "\(file.path): \(problem)" }
      if isDefault, !isFirst { problem = Self.secondDefault(claiming[0], file.path) }
      return Entry(
        id: id, number: numbers[id] ?? 0, account: file.account, isDefault: isDefault && isFirst,
        problem: DisplayText(problem).description,
        findings: findings[id] ?? AccountFindings(),
        registrations: registrations.filter { $0.account == id && $0.address == file.account?.address })
    }
  }

  private static func secondDefault(_ first: String, _ path: String) -> String {
    "\(path): the account “\(first)” is the default already; remove Default= from one of the two files"
  }

  subscript(id: AccountID) -> Entry? { entries.first { $0.id == id } }

  var ids: Set<AccountID> { Set(entries.map(\.id)) }

  /// For people.
  var listed: String {
    guard !entries.isEmpty else { return "there are none" }
    return "there are " + entries.map(\.id.description).joined(separator: ", ")
  }
}

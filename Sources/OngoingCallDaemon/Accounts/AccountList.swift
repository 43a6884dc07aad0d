// SPDX-License-Identifier: Apache-2.0
import CallModel

/// The accounts, as their files say.
struct AccountList: Equatable, Sendable {
  struct Entry: Equatable, Sendable {
    let id: AccountID
    /// nil where its file is wrong.
    let account: Account?
    let isDefault: Bool
    /// A line for people; "" where nothing is wrong.
    let problem: String

    var state: AccountState {
      guard let account else { return .failed }
      return account.isEnabled ? .ready : .disabled
    }
  }

  /// In the order of their ids.
  let entries: [Entry]

  init(_ files: AccountFiles = AccountFiles()) {
    let claiming = files.files.filter { $0.account?.isDefault == true }.map(\.id)
    entries = files.files.compactMap { file in
      guard let id = AccountID(file.id) else { return nil }
      let isDefault = file.account?.isDefault == true
      let isFirst = claiming.first == file.id
      var problem = file.problems.first.map { $0.line > 0 ? "line \($0.line): \($0.text)" : $0.text } ?? ""
      if file.account == nil { problem = "\(file.path): \(problem)" }
      if isDefault, !isFirst { problem = Self.secondDefault(claiming[0], file.path) }
      return Entry(
        id: id, account: file.account, isDefault: isDefault && isFirst, problem: DisplayText(problem).description)
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

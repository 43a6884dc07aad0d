// SPDX-License-Identifier: Apache-2.0
import CallModel
import Glibc
import LinuxFiles
import Systemd

/// The folder of accounts, for the process that reads and writes files.
struct AccountFolder: Codable, Sendable {
  let path: String

  private func file(_ id: String) -> String { "\(path)/\(id)\(DataPath.configurationSuffix)" }

  // MARK: Reading

  func read() -> AccountFiles {
    var found = AccountFiles()
    let suffix = DataPath.configurationSuffix
    let names = Files.names(in: path).filter { $0.hasSuffix(suffix) && !$0.hasPrefix(".") }
    for name in names.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
      let id = String(name.dropLast(suffix.count))
      let problem: String? =
        if AccountID(id) == nil {
          "the name of an account's file must be \(AccountID.expected), and \(suffix); rename it"
        } else if found.files.count >= Limit.accounts {
          "there are \(Limit.accounts) accounts before it, which is the limit; remove one of them"
        } else { nil }
      if let problem {
        guard found.others.count < Limit.accounts else { continue }
        let other = AccountFiles.File(
          path: "\(path)/\(name)", id: id, problems: [.init(line: 0, text: problem)])
        found.others.append(other)
      } else {
        found.files.append(readFile(id))
      }
    }
    return found
  }

  /// Whether the folder is there, and no file of the account in it.
  func lacks(_ id: String) -> Bool {
    var status = stat()
    return Files.isDirectory(path) && lstat(file(id), &status) != 0 && errno == ENOENT
  }

  private func readFile(_ id: String) -> AccountFiles.File {
    let path = file(id)
    do throws(FileProblem) {
      let (account, problems) = Account.read(try Files.readRegular(path, limit: Limit.accountBytes))
      return .init(path: path, id: id, account: account, problems: Array(problems.prefix(Limit.accountProblems)))
    } catch { return .init(path: path, id: id, problems: [.init(line: 0, text: "\(error)")]) }
  }

  // MARK: Changing

  /// Changes one account's file, and returns all files after that; nil where the file is not any more what was to be
  /// changed. Of a file that is changed, everything stays that is not to be another: comments, and the order of lines.
  func change(_ change: AccountChange) throws -> AccountFiles? {
    let path = file(change.id)
    guard let after = change.after else {
      // A link is taken away, and not what it leads to.
      guard unlink(path) == 0 || errno == ENOENT else { throw SystemError("remove \(path)", errno: errno) }
      return read()
    }
    if let before = change.before {
      guard let text = text(of: change.id, if: before) else { return nil }
      try takeDefault(for: change)
      try write(before.changing(text, to: after), to: path)
    } else {
      try Files.makeDirectories(self.path)
      // Also a link that leads nowhere.
      guard faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) != 0 else { return nil }
      try takeDefault(for: change)
      try write(after.fileText, to: path)
    }
    return read()
  }

  private func text(of id: String, if account: Account) -> String? {
    guard let bytes = try? Files.readRegular(file(id), limit: Limit.accountBytes),
      Account.read(bytes).account == account
    else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// At most one account is the default.
  private func takeDefault(for change: AccountChange) throws {
    guard change.after?.isDefault == true else { return }
    for other in read().files where other.id != change.id {
      guard let account = other.account, account.isDefault, let text = text(of: other.id, if: account) else { continue }
      var changed = account
      changed.isDefault = false
      try write(account.changing(text, to: changed), to: other.path)
    }
  }

  /// A file that a person keeps elsewhere, and has a link to here, stays there.
  private func write(_ text: String, to path: String) throws(SystemError) {
    let target = realpath(path, nil)
    defer { free(target) }
    try Files.write(Array(text.utf8), to: target.map { String(cString: $0) } ?? path, durably: true)
  }
}

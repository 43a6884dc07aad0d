// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallModel
import Glibc
import LinuxFiles
import OngoingCall

struct AccountPassword: CallCommand {
  static let configuration = CommandConfiguration(
    commandName: "password", abstract: "Set the password of an account.",
    discussion: """
      You are asked for the password on the terminal, which does not show it. If standard input is not a terminal, the \
      password is its first line, as in “account password < FILE”. The password is kept where the account's \
      --password-place says.
      """)

  @OptionGroup var account: AccountArgument
  @OptionGroup var common: CommonOptions

  func perform(with client: CallsClient) throws -> Answer {
    let info = try choose(account: account.id, with: client)
    if let problem = info.problemOfPassword { throw CommandFailure(.failure, "password", problem) }
    try setPassword(try PasswordPrompt(text: info.prompt + ":").read(), of: info, with: client)
    return Answer(account: try client.ask(.account(info.id)), "password set")
  }
}

extension AccountInfo {
  /// “Password for me@example.org”
  fileprivate var prompt: String { "Password for \(shown(address.isEmpty ? id : address, limit: 100))" }

  /// Why its password cannot be set here.
  fileprivate var problemOfPassword: String? {
    // That of a wrong file, which says nothing of the account.
    if state == AccountState.failed.rawValue, address.isEmpty {
      return "the account “\(shown(id))” has no password as long as its file is wrong; correct it first: "
        + shown(lastError, limit: 1000)
    }
    guard settings.passwordPlace == .credential else { return nil }
    return "the password of the account “\(shown(id))” is a credential of \(DaemonName.unit), which is set there: add "
      + "LoadCredential=\(CredentialName.name(shown(id))):FILE (systemctl --user edit \(DaemonName.unit)), and restart it"
  }
}

extension CallCommand {
  /// Gives it to the daemon through a pipe; no message on the bus has it.
  fileprivate func setPassword(_ password: Password, of account: AccountInfo, with client: CallsClient) throws {
    guard let (reading, writing) = Descriptor.pipe() else {
      throw CommandFailure(.failure, "password", "cannot make a pipe: \(String(cString: strerror(errno)))")
    }
    let end = BusDescriptor(owning: reading) { close($0) }
    // All of it fits into the pipe.
    let isWritten = password.withBytes { Descriptor.write($0[...], to: writing) }
    close(writing)
    guard isWritten else {
      throw CommandFailure(.failure, "password", "cannot write to a pipe: \(String(cString: strerror(errno)))")
    }
    try client.ask(.setPassword(end, account.id))
  }

  /// Of an account that was added just now. Where nobody can be asked, it is said how to set it later.
  func askForPassword(of account: AccountInfo, with client: CallsClient) throws -> Answer {
    let later = account.problemOfPassword ?? "to set its password: ongoingcallctl account password \(shown(account.id))"
    let added = Answer(account: account, "added")
    guard !common.json, !common.quiet else { return added }
    try common.say(added.text)
    guard common.mayAsk, account.problemOfPassword == nil else {
      try StandardStream.error.write(line: later)
      return .said
    }
    guard let password = try PasswordPrompt(text: account.prompt + " (empty: none):").readIfAny() else {
      try common.hint(later)
      return .said
    }
    do { try setPassword(password, of: account, with: client) } catch {
      guard var failure = (error as? CallsError).map({ CommandFailure($0) }) ?? (error as? CommandFailure) else {
        throw error
      }
      if failure.remedy == nil { failure.remedy = "the account is there; \(later)" }
      throw failure
    }
    return Answer(account: try client.ask(.account(account.id)), "password set")
  }
}

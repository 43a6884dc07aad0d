// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallModel
import OngoingCall

/// Which account is meant.
struct AccountArgument: ParsableArguments {
  @Argument(
    help: "The account's ID, a unique beginning of it, or its address (default: the only account).",
    completion: AccountCompletion.all)
  var id: String?
}

/// The ids of accounts, for shells to complete.
enum AccountCompletion {
  static let all = CompletionKind.custom { _, _, _ in
    SessionCompletion.answer { client in try client.ask(.accounts) }.map { account in
      switch CompletionShell.requesting {
      case .zsh?: shown(account.id) + ":" + shown(account.identity, limit: 80)
      case .fish?: shown(account.id) + "\t" + shown(account.identity, limit: 80)
      default: shown(account.id)
      }
    }
  }
}

extension CallCommand {
  /// The account that is meant by `given`: an id, the beginning of one, an address, or, where nothing is given, the only
  /// one.
  func choose(account given: String?, with client: CallsClient) throws -> AccountInfo {
    let accounts = try client.ask(.accounts)
    let address = given.flatMap { try? CallURI(withSIP: $0).description }
    let found = accounts.filter { $0.id.hasPrefix(given ?? "") || $0.address == address }
    if let account = found.first(where: { $0.id == given }) ?? (found.count == 1 ? found[0] : nil) { return account }
    guard !found.isEmpty else {
      let what = given.map { "there is no account “\(shown($0, limit: 80))”" } ?? "there is no account"
      let remedy =
        accounts.isEmpty
        ? "add one: ongoingcallctl account add sip:me@example.org" : "“ongoingcallctl account list” lists the accounts"
      throw CommandFailure(.noSession, "no-account", what, remedy: remedy)
    }
    let what = given.map {
      "\(found.count) accounts have IDs that begin with “\(shown($0, limit: 80))”, or that address"
    }
    throw CommandFailure(
      .noSession, "ambiguous-account",
      (what ?? "there are \(found.count) accounts") + ": "
        + found.prefix(10).map { shown($0.id) }.joined(separator: ", "),
      remedy: "give the ID of one of them, or its beginning")
  }
}

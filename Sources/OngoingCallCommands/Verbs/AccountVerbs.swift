// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallModel
import OngoingCall

struct AccountCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "account", abstract: "Manage your SIP accounts.",
    discussion: """
      Calls go through an account's server, as that user. Each account is a file that you may edit: \
      ongoingcall-accounts(5).
      """,
    subcommands: [
      AccountListCommand.self, AccountAdd.self, AccountShow.self, AccountEdit.self, AccountRemove.self,
      AccountEnable.self, AccountDisable.self, AccountPassword.self, AccountTestCommand.self,
    ], defaultSubcommand: AccountListCommand.self)
}

struct AccountListCommand: CallCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the accounts, one per line.",
    discussion: "“*” marks the default account, through which calls go if no other is named.")

  @OptionGroup var common: CommonOptions

  func perform(with client: CallsClient) throws -> Answer {
    let accounts = try client.ask(.accounts)
    if accounts.isEmpty { try common.hint("to add one: ongoingcallctl account add sip:me@example.org") }
    return Answer(
      accounts.isEmpty ? "no accounts" : AccountInfo.table(accounts, common.style, columns: Screen.columns),
      json: ["accounts": .array(accounts.map(\.json))])
  }
}

struct AccountAdd: CallCommand {
  static let configuration = CommandConfiguration(
    commandName: "add", abstract: "Add an account.",
    discussion: """
      The first word of the output is the account's ID, which is made of the address. On a terminal, you are then asked \
      for the password; without one, set it later: account password.
      """)

  @Argument(help: ArgumentHelp("Your address on the server: sip:me@example.org.", valueName: "address"))
  var address: String
  @OptionGroup var settings: AccountOptions
  @OptionGroup var common: CommonOptions

  func perform(with client: CallsClient) throws -> Answer {
    var given = settings.given
    given["address"] = .string(address)
    let account: Account
    do throws(OptionProblem) { account = try Account(given.map { ($0.key, $0.value) }) } catch {
      throw CommandFailure(error)
    }
    let id = try client.ask(.addAccount(account))
    return try askForPassword(of: try client.ask(.account(id)), with: client)
  }
}

struct AccountShow: CallCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show an account with its settings.",
    discussion: "Settings that have their defaults are not shown.")

  @OptionGroup var account: AccountArgument
  @OptionGroup var common: CommonOptions

  func perform(with client: CallsClient) throws -> Answer {
    let info = try choose(account: account.id, with: client)
    return Answer(info.block(common.style), json: ["account": info.json])
  }
}

struct AccountEdit: CallCommand {
  static let configuration = CommandConfiguration(
    commandName: "edit", abstract: "Change the settings of an account.",
    discussion: "Settings that you do not give stay as they are. An empty value resets a setting to its default.")

  @OptionGroup var account: AccountArgument
  @Option(help: "Your address on the server.")
  var address: String?
  @OptionGroup var settings: AccountOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard address != nil || !settings.given.isEmpty else {
      throw ValidationError("there is nothing to change; give the settings that you want to change, such as --realm")
    }
  }

  func perform(with client: CallsClient) throws -> Answer {
    var given = settings.given
    given["address"] = address.map(BusValue.string)
    return try change(account.id, client, "changed") { [given] in .editAccount(given, $0) }
  }
}

struct AccountRemove: CallCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove", abstract: "Remove an account.",
    discussion: "Calls that go through it go on. Its file is deleted, whatever else is in it, and so is its password.")

  @Argument(help: "The account's ID, a unique beginning of it, or its address.", completion: AccountCompletion.all)
  var id: String
  @OptionGroup var common: CommonOptions

  func perform(with client: CallsClient) throws -> Answer {
    let info = try choose(account: id, with: client)
    try client.ask(.removeAccount(info.id))
    return Answer("\(shown(info.id)) removed", json: ["removed": .string(info.id)])
  }
}

struct AccountEnable: CallCommand {
  static let configuration = CommandConfiguration(
    commandName: "enable", abstract: "Let calls go through an account again.")

  @OptionGroup var account: AccountArgument
  @OptionGroup var common: CommonOptions

  func perform(with client: CallsClient) throws -> Answer {
    try change(account.id, client, "enabled") { .enableAccount(true, $0) }
  }
}

struct AccountDisable: CallCommand {
  static let configuration = CommandConfiguration(
    commandName: "disable", abstract: "Let no calls go through an account, and keep its settings.")

  @OptionGroup var account: AccountArgument
  @OptionGroup var common: CommonOptions

  func perform(with client: CallsClient) throws -> Answer {
    try change(account.id, client, "disabled") { .enableAccount(false, $0) }
  }
}

extension CallCommand {
  fileprivate func change(
    _ given: String?, _ client: CallsClient, _ done: String, by question: (String) -> Question<Void>
  ) throws -> Answer {
    let id = try choose(account: given, with: client).id
    try client.ask(question(id))
    return Answer(account: try client.ask(.account(id)), done)
  }
}

extension Answer {
  init(account: AccountInfo, _ done: String) {
    let text = "\(shown(account.id)) \(done) (\(shown(account.identity)), \(account.shownState))"
    self.init(text, json: ["account": account.json])
  }
}

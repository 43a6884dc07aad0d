// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallModel
import OngoingCall

struct Open: CallCommand {
  static let configuration = CommandConfiguration(
    abstract: "Ask you whether to call a link, such as one of a web page, and call it if you say so.",
    discussion: """
      Browsers run this for links that begin with sip:, sips:, tel: or callto:. On a terminal, it asks there; otherwise, a \
      notification with two buttons asks you for a minute. Nothing is called without your answer.

      Of the link, only the address or the number is called; whatever else is in it is left out. Links to service codes \
      with “*” or “#”, which may change settings at your provider, are refused.
      """)

  @Argument(help: ArgumentHelp("The link: sip:someone@example.org, tel:+4930123456.", valueName: "URI"))
  var uri: String
  @Option(
    help: ArgumentHelp("Call through this account (default: the default account).", valueName: "id"),
    completion: AccountCompletion.all)
  var account: String?
  @Flag(help: "Call the address directly, without the default account.")
  var noAccount = false
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard account == nil || !noAccount else {
      throw ValidationError("--account and --no-account cannot be used together")
    }
  }

  func perform(with client: CallsClient) throws -> Answer {
    let callee: String
    do throws(CallLink.Invalid) { callee = try CallLink(uri).callee } catch { throw Self.failure(uri, error) }
    return try common.mayAsk ? ask(callee, client) : offer(callee, client)
  }

  private static func failure(_ uri: String, _ error: CallLink.Invalid) -> CommandFailure {
    let remedy: String? =
      switch error {
      case .serviceCode: "if you are sure, type it yourself: ongoingcallctl launch CODE"
      default: nil
      }
    return .usage("“\(shown(uri, limit: 100))”: \(error)", remedy: remedy)
  }

  // MARK: On a terminal

  private func ask(_ callee: String, _ client: CallsClient) throws -> Answer {
    let through = try accountOfCall(callee, client)
    let address = (try? CallTarget(callee)).flatMap { through?.settings.address(calling: $0) } ?? callee
    let what = address == callee ? shown(callee) : "\(shown(callee)) (\(shown(address)))"
    let way =
      through.map { "through the account \(shown($0.id)), \(shown($0.identity, limit: 200))" } ?? "without an account"
    try StandardStream.error.write(CharacterSet.bytes("Call \(what), \(way)? [y/N] "))
    let line = readLine()
    // By Ctrl-D, the question's line is still the cursor's.
    if line == nil { try StandardStream.error.write(line: "") }
    guard let line, ["y", "yes"].contains(line.lowercased().filter { !$0.isWhitespace }) else { throw Self.declined }
    var request = LaunchRequest(address: callee)
    request.call.account = through?.id ?? ""
    let id = try client.ask(.launch(request))
    return launched(client.afterwards(id, state: .launching))
  }

  /// The one that the daemon would take.
  private func accountOfCall(_ callee: String, _ client: CallsClient) throws -> AccountInfo? {
    if let account { return try choose(account: account, with: client) }
    guard !noAccount, let account = try client.ask(.accounts).first(where: \.isDefault) else {
      guard case .number? = try? CallTarget(callee) else { return nil }
      throw CommandFailure(
        .usage, BusErrorName.invalidOption,
        "“\(shown(callee))” is a number, which is called through an account; none is given",
        remedy: "name one by --account, or make one the default: ongoingcallctl account edit ID --default")
    }
    if case .address? = try? CallTarget(callee), !account.isEnabled { return nil }
    return account
  }

  // MARK: Elsewhere

  private func offer(_ callee: String, _ client: CallsClient) throws -> Answer {
    let through = try account.map { try choose(account: $0, with: client).id }
    let answer: CallOfferAnswer
    do { answer = try client.ask(.offerCall(uri, account: noAccount ? "" : through)) } catch {
      var failure = CommandFailure(error)
      if failure.name == BusErrorName.notSupported {
        failure.remedy = "call it yourself, in a terminal: ongoingcallctl launch \(callee)"
      }
      throw failure
    }
    if let id = answer.session { return launched(client.afterwards(id, state: .launching)) }
    switch answer.word {
    // An application in a sandbox does not get the call.
    case "called": return Answer("the call was placed", json: ["answer": .string(answer.word)])
    case "timed-out":
      throw CommandFailure(.timedOut, "timed-out", "nobody answered the question whether to call; nothing was called")
    default: throw Self.declined
    }
  }

  private static let declined = CommandFailure(.declined, "declined", "nothing was called")

  private func launched(_ info: SessionInfo) -> Answer {
    let text = "\(info.id) \(info.shownState) (see it: ongoingcallctl status \(info.id); end it: \(info.commandToEnd))"
    return Answer(text, session: info)
  }
}

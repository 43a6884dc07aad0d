// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallModel
import OngoingCall

struct AccountTestCommand: CallCommand {
  static let configuration = CommandConfiguration(
    commandName: "test", abstract: "Test whether calls can go through an account.",
    discussion: """
      It prints a line for each step: whether the server's name has an address, whether the server answers there, whether \
      its certificate is trusted (TLS), whether it accepts the password, whether it registers the account (--register), \
      whether there is NAT in between, and whether the STUN server answers and the TURN server relays (--stun-server, \
      --turn-server). It stops at the first step that fails, says what to do, and exits with 1. Nobody is \
      called.
      """)

  @OptionGroup var account: AccountArgument
  @OptionGroup var common: CommonOptions

  func perform(with client: CallsClient) throws -> Answer {
    let info = try choose(account: account.id, with: client)
    let found = try client.ask(.testAccount(info.id))
    let isOK = found.allSatisfy(\.isOK)
    let test: JSON = .object([
      .init(key: "account", value: .string(info.id)), .init(key: "ok", value: .bool(isOK)),
      .init(key: "steps", value: .array(found.map(\.json))),
    ])
    var answer = Answer(found.map { $0.text(of: info, common.style) }.joined(separator: "\n"), json: ["test": test])
    answer.exitStatus = (isOK ? ExitStatus.success : .failure).rawValue
    return answer
  }
}

extension AccountFinding {
  fileprivate var json: JSON {
    .object([
      .init(key: "step", value: .string(step)), .init(key: "ok", value: .bool(isOK)),
      .init(key: "detail", value: .string(detail)),
    ])
  }

  /// With what to do, where something is to be done.
  fileprivate func text(of account: AccountInfo, _ style: TextStyle) -> String {
    let mark = isOK ? style.good("ok") + "     " : style.bad("failed") + " "
    var text = mark + "\(words): \(shown(detail, limit: 1000))"
    if !isOK, let remedy = remedy(for: account) { text += "\n       \(remedy)" }
    return text
  }

  private var words: String {
    switch AccountStep(rawValue: step) {
    case .name: "server's name"
    case .connection: "connection"
    case .certificate: "certificate"
    case .password: "password"
    case .registration: "registration"
    case .nat: "NAT"
    case .stun: "STUN server"
    case .turn: "TURN server"
    case nil: shown(step, limit: 40)
    }
  }

  private func remedy(for account: AccountInfo) -> String? {
    let id = shown(account.id)
    let edit = "ongoingcallctl account edit \(id)"
    switch AccountStep(rawValue: step) {
    case .name: return "to name another server: \(edit) --registrar HOST, or --outbound-proxy HOST"
    case .connection:
      return "check your network, and the server's port and transport: \(edit) --outbound-proxy HOST:PORT --transport "
        + AccountTransport.allCases.map(\.rawValue).joined(separator: "|")
    case .certificate:
      let name = "name the server as its certificate does, or "
      guard let file = account.settings.caFile else {
        return name + "trust who issued it: \(edit) --ca-file FILE, or for all of this machine: update-ca-certificates"
      }
      return name + "add who issued it to \(shown(file, limit: 1000)); to trust this machine's authorities instead: "
        + "\(edit) --ca-file ''"
    case .password:
      return "to set the password: ongoingcallctl account password \(id); if the server knows you by another name: "
        + "\(edit) --auth-user NAME"
    case .registration:
      return account.settings.registers
        ? "ask your provider whether \(shown(account.address)) may register; if it need not: \(edit) --no-register"
        : nil
    case .stun: return "to name another server: \(edit) --stun-server HOST[:PORT]; to go without: --stun-server ''"
    case .turn:
      return "it gets the user and the password of the account; to name another server: \(edit) --turn-server "
        + "HOST[:PORT]; to go without: --turn-server ''"
    case .nat, nil: return nil
    }
  }
}

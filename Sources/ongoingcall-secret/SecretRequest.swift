// SPDX-License-Identifier: Apache-2.0
import CallModel

/// What the command line asks for.
enum SecretRequest: Equatable {
  case check(AccountID)
  case lookup(AccountID)
  case store(AccountID, label: String)
  case remove(AccountID)
  case help
  case version

  /// - Throws: what is wrong with it.
  init(_ arguments: [String]) throws(SecretFailure) {
    switch arguments.first {
    case "--help", "-h": self = .help
    case "--version": self = .version
    case "check": self = .check(try Self.account(arguments))
    case "lookup": self = .lookup(try Self.account(arguments))
    case "remove": self = .remove(try Self.account(arguments))
    case "store":
      guard arguments.count == 4, arguments[2] == "--label" else {
        throw .usage("store needs an account and --label LABEL")
      }
      self = .store(try Self.account(Array(arguments.prefix(2))), label: arguments[3])
    case let verb?: throw .usage("unknown verb “\(DisplayText(verb))”")
    case nil: throw .usage("a verb is missing")
    }
  }

  private static func account(_ arguments: [String]) throws(SecretFailure) -> AccountID {
    guard arguments.count == 2 else { throw .usage("\(arguments[0]) needs one account") }
    guard let account = AccountID(arguments[1]) else {
      throw .usage("“\(DisplayText(arguments[1]))” is not the ID of an account; an ID has 1 to 64 of a-z, 0-9 and _")
    }
    return account
  }

  static let usage = """
    Usage: ongoingcall-secret check ACCOUNT
           ongoingcall-secret lookup ACCOUNT
           ongoingcall-secret store ACCOUNT --label LABEL
           ongoingcall-secret remove ACCOUNT

    Keeps the password of an account of ongoingcalld in your keyring, by the Secret Service
    (org.freedesktop.secrets). If the keyring is locked, you are asked to unlock it, except
    by check.

      check    tells by its exit status whether there is a password; it asks nobody, and
               starts no Secret Service
      lookup   writes the password to standard output, which must not be a terminal
      store    reads the password from standard input: text of 1 to 512 bytes, up to the
               end or a line break; replaces one that is there
      remove   forgets the password

      --label LABEL   what programs that manage keyrings call the password
      --help
      --version

    In the keyring, the password has the schema org.ongoingcall.Account and the attribute
    “account”.

    Exit status:
    \(SecretFailure.table)

    """
}

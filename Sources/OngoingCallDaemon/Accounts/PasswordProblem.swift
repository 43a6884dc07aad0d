// SPDX-License-Identifier: Apache-2.0
import CallModel
import Glibc

/// Why a password cannot be read, stored or removed.
enum PasswordProblem: Error, Equatable, CustomStringConvertible {
  case missing(AccountID, PasswordPlace)
  /// What is there is no password.
  case unusable(AccountID, PasswordPlace, PasswordFault)
  /// There is no Secret Service; with the words of ``SecretName/executable``.
  case noService(String)
  case locked
  /// The Secret Service, or the user whom it asked, did not answer.
  case silent(Duration)
  case crowded(Int)
  /// There is no such program, with its path.
  case notInstalled(String)
  /// The file can be read by others.
  case exposed(String, owner: UInt32, mode: UInt32)
  case notReadable(String, String)
  /// There is no home.
  case noFolder
  /// A credential, which only the service manager's configuration has.
  case notOurs(AccountID)
  case failed(String)

  var description: String {
    switch self {
    case .missing(let account, .credential):
      "the daemon has no credential “\(CredentialName.password(account))” for the account “\(account)”; "
        + Self.howToLoad(account)
    case .missing(let account, _), .unusable(let account, _, _): "\(withoutSetting); \(Self.howToSet(account))"
    case .noService(let reason):
      "\(reason); or keep the password in a file that only you can read (PasswordPlace=\(PasswordPlace.file.rawValue))"
    case .locked:
      "the keyring is locked, or there is none yet, and nobody answered when it asked; try again, and answer it, "
        + "log in with your password, or keep the password in a file that only you can read "
        + "(PasswordPlace=\(PasswordPlace.file.rawValue))"
    case .silent(let patience):
      "the keyring did not answer within \(patience.components.seconds) s; it may be waiting for you to unlock it: "
        + "look for its window, and try again"
    case .crowded(let count): "\(count) requests already wait for the keyring; try again when it has answered them"
    case .notInstalled(let path):
      "the program \(path) is missing, without which passwords cannot be kept in the keyring; install it again, "
        + "or keep the password in a file that only you can read (PasswordPlace=\(PasswordPlace.file.rawValue))"
    case .exposed(let path, let owner, let mode):
      "others can read the password in \(path): it belongs to user \(owner) with mode \(String(mode, radix: 8)); "
        + "it must belong to user \(geteuid()), with mode 600; change the password, and set it again"
    case .notReadable(let path, let reason): "the password in \(path) cannot be read: \(reason)"
    case .noFolder:
      "there is no folder for the password; set HOME or \(EnvironmentName.stateHome) to an absolute path"
    case .notOurs(let account):
      "the password of the account “\(account)” is a credential, which cannot be changed here; "
        + Self.howToLoad(account)
    case .failed(let reason): reason
    }
  }

  /// Without the advice to set the password, for those who say that themselves.
  var withoutSetting: String {
    switch self {
    case .missing(let account, let place) where place != .credential:
      "there is no password for the account “\(account)” in \(place.words)"
    case .unusable(let account, let place, let fault):
      "what \(place.words) has for the account “\(account)” cannot be used: \(fault)"
    default: description
    }
  }

  private static func howToSet(_ account: AccountID) -> String {
    "set it: \(ToolName.control) account password \(account)"
  }

  private static func howToLoad(_ account: AccountID) -> String {
    "add LoadCredential=\(CredentialName.password(account)):FILE to \(DaemonName.unit) "
      + "(systemctl --user edit \(DaemonName.unit)), and restart it"
  }
}

extension PasswordPlace {
  /// For people.
  fileprivate var words: String {
    switch self {
    case .secretService: "the keyring"
    case .file: "its file"
    case .credential: "the daemon's credentials"
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
import CSecret
import CallModel

/// Why a request is not done. Each has an exit status, which is stable, and a text.
enum SecretFailure: Error, Equatable, CustomStringConvertible {
  case usage(String)
  /// With what the system says about it.
  case failed(String?)
  case notEncrypted
  case unusable(PasswordFault)
  case outputIsTerminal
  case output(String)
  case notBuilt
  case noPassword(AccountID)
  case noService(String?)
  case locked
  case untold
  case noKeyring

  init?(_ result: csecret_result, _ account: AccountID, _ reason: String?) {
    switch result {
    case CSECRET_DONE: return nil
    case CSECRET_NO_PASSWORD: self = .noPassword(account)
    case CSECRET_NO_SERVICE: self = .noService(reason)
    case CSECRET_LOCKED: self = .locked
    case CSECRET_NO_KEYRING: self = .noKeyring
    case CSECRET_NOT_ENCRYPTED: self = .notEncrypted
    case CSECRET_TOO_LONG: self = .unusable(.tooLong)
    case CSECRET_NOT_BUILT: self = .notBuilt
    default: self = .failed(reason)
    }
  }

  var status: Int32 {
    switch self {
    case .failed, .notEncrypted, .unusable, .outputIsTerminal, .output, .notBuilt: 1
    case .usage: 64
    case .noPassword: 3
    case .noService: 4
    case .locked, .untold, .noKeyring: 5
    }
  }

  var description: String {
    switch self {
    case .usage(let problem): "\(problem); see --help"
    case .failed(let reason): "the Secret Service failed" + Self.because(reason)
    case .notEncrypted:
      "the Secret Service does not encrypt passwords on the bus, where other programs could read them; "
        + "use one that does, such as gnome-keyring"
    case .unusable(let fault): "\(fault)"
    case .outputIsTerminal: "standard output is a terminal, where others could read the password; use a pipe"
    case .output(let reason): "cannot write the password to standard output: \(reason)"
    case .notBuilt:
      "built without the SIP trait (libsecret), so it cannot use the keyring; rebuild it with: swift build --traits SIP"
    case .noPassword(let account): "there is no password for the account “\(account)” in the keyring"
    case .noService(let reason):
      "there is no Secret Service (org.freedesktop.secrets)" + Self.because(reason)
        + "; install and start one, such as gnome-keyring"
    case .locked: "the keyring is locked, and nobody unlocked it; try again, and unlock it when you are asked"
    case .untold: "a keyring is locked, so it cannot be told whether it has a password"
    case .noKeyring: "there is no keyring yet, and nobody made one; try again, and choose a password when you are asked"
    }
  }

  private static func because(_ reason: String?) -> String {
    guard let reason, !reason.isEmpty else { return "" }
    return ": \(DisplayText(String(reason.prefix(300))))"
  }

  /// For the help text.
  static let table = """
      0  success
      1  the Secret Service failed, or the password cannot be read or written
      3  there is no such password
      4  there is no Secret Service
      5  the keyring is locked, and the user did not unlock it; or there is none, and the user made none;
         check: a keyring is locked, and may have a password
     64  invalid command line
    """
}

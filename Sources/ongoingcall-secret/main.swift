// SPDX-License-Identifier: Apache-2.0
import CSecret
import CallModel
import Glibc
import LinuxFiles

/// Asks by a function of C, whose last argument is where it puts the system's reason for a failure.
func ask(
  _ account: AccountID, _ function: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> csecret_result
) throws(SecretFailure) {
  var reason: UnsafeMutablePointer<CChar>?
  let result = function(&reason)
  defer { free(reason) }
  if let failure = SecretFailure(result, account, reason.map { String(cString: $0) }) { throw failure }
}

func perform(_ request: SecretRequest) throws(SecretFailure) {
  switch request {
  case .help: try say(SecretRequest.usage)
  case .version: try say("ongoingcall-secret \(DaemonName.version)\n")
  case .check(let account):
    do throws(SecretFailure) { try ask(account) { csecret_check(account.description, $0) } } catch .locked {
      throw .untold
    }
  case .lookup(let account):
    guard isatty(STDOUT_FILENO) == 0 else { throw .outputIsTerminal }
    let secret = try Secret()
    try ask(account) { csecret_lookup(account.description, secret.bytes, $0) }
    try secret.check()
    try secret.write(to: STDOUT_FILENO)
  case .store(let account, let label):
    let secret = try Secret()
    try secret.read(from: STDIN_FILENO)
    try ask(account) { csecret_store(account.description, label, secret.bytes, $0) }
  case .remove(let account):
    try ask(account) { csecret_remove(account.description, $0) }
  }
}

func say(_ text: String) throws(SecretFailure) {
  guard Descriptor.write(Array(text.utf8)[...], to: STDOUT_FILENO) else {
    throw .output(String(cString: strerror(errno)))
  }
}

// Read before it is hidden: Swift has them from /proc.
let arguments = Array(CommandLine.arguments.dropFirst())
csecret_hide_process()
// Who does not want the password any more gets it as an error.
signal(SIGPIPE, SIG_IGN)
do throws(SecretFailure) {
  try perform(SecretRequest(arguments))
} catch {
  _ = Descriptor.write(Array("ongoingcall-secret: \(error)\n".utf8)[...], to: STDERR_FILENO)
  exit(error.status)
}

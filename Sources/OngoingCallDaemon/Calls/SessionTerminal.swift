// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import EngineChannel
import Glibc

extension Session {
  /// A viewer's end of a new connection to the program's terminal, whose other end the engine has been given. It is the
  /// caller's.
  func attachTerminal() throws(CallRefusal) -> Int32 {
    try checkTerminal(for: .terminal)
    var ends: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
      throw .limitReached("cannot connect to the terminal: \(String(cString: strerror(errno)))")
    }
    defer { close(ends[1]) }
    do throws(CallRefusal) {
      try request(.attach, passing: ends[1])
    } catch {
      close(ends[0])
      throw error
    }
    return ends[0]
  }

  /// Types into the program's terminal.
  ///
  /// - Parameter answer: is told when the engine has taken it, or why it has not.
  func sendKeys(_ text: String, _ answer: @escaping RequestAnswers.Answer) throws(CallRefusal) {
    // What is typed may be a password: no error shows it.
    guard (1...EngineProtocol.maximumKeysLength).contains(text.utf8.count) else {
      let most = EngineProtocol.maximumKeysLength
      throw .invalidOption("text", "it must have 1 to \(most) bytes, not \(text.utf8.count)")
    }
    try checkTerminal(for: .sendKeys)
    try request(.sendKeys(text), answer)
  }

  private func checkTerminal(for capability: EngineDescriptor.Capability) throws(CallRefusal) {
    guard spec.terminal || !spec.engine.can(capability) || life.state == .ended else {
      throw .notSupported("the program of \(id) was launched without a terminal")
    }
  }
}

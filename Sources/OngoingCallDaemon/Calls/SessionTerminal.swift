// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import EngineChannel
import Glibc

extension Session {
  /// A viewer's end of a new connection to the program's terminal, whose other end the engine has been given. It is the
  /// caller's.
  func attachTerminal() throws(CallRefusal) -> Int32 {
    guard spec.terminal || !spec.engine.can(.terminal) || life.state == .ended else {
      throw .notSupported("the program of \(id) was launched without a terminal; launch it with the option “terminal”")
    }
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
}

// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import LinuxFiles

/// A process that does nothing, until it is ended: at the latest with this object.
package final class SleepingProcess: Sendable {
  package let pid: Int32

  package init() {
    var pid: pid_t = 0
    let arguments: [UnsafeMutablePointer<CChar>?] = [strdup("/bin/sleep"), strdup("1000"), nil]
    let result = posix_spawn(&pid, "/bin/sleep", nil, nil, arguments, nil)
    for argument in arguments { free(argument) }
    precondition(result == 0, "posix_spawn: \(String(cString: strerror(result)))")
    self.pid = pid
    // Its name follows a little after its program.
    while name != "sleep\n" { sched_yield() }
  }

  private var name: String {
    let file = open("/proc/\(pid)/comm", O_RDONLY | O_CLOEXEC)
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 64)
    let count = read(file, &bytes, bytes.count)
    return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
  }

  deinit { end() }

  /// Ends it; its parent has not asked for its end yet, so that its number is still its own.
  package func kill() { _ = Glibc.kill(pid, SIGKILL) }

  /// Ends it, and returns when its number is free. Doing so twice is fine.
  package func end() {
    // A process that was waited for already is nobody's child here.
    guard waitpid(pid, nil, WNOHANG) == 0 else { return }
    kill()
    _ = retryOnInterrupt { waitpid(pid, nil, 0) }
  }
}

// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import CallModel
internal import Glibc

extension BusDescriptor {
  /// A descriptor of a process that runs now, and of no later one of its number (pidfd_open(2)).
  ///
  /// - Throws: the errno: `ESRCH` where there is no such process; `EINVAL` or `ENOENT` where it is a thread of another.
  package convenience init(ofProcess process: Int32) throws(ProcessProblem) {
    let descriptor = clinux_open_process(process)
    guard descriptor >= 0 else { throw ProcessProblem(errno: Glibc.errno) }
    self.init(owning: descriptor)
  }
}

/// Why there is no descriptor of a process.
package struct ProcessProblem: Error, Equatable, CustomStringConvertible {
  package var errno: Int32

  package init(errno: Int32) { self.errno = errno }

  package var description: String { String(cString: strerror(errno)) }
}

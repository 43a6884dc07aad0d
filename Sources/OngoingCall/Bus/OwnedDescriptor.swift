// SPDX-License-Identifier: Apache-2.0
package import CallModel
internal import Glibc

/// A file descriptor that arrived, or that is to be sent.
extension BusDescriptor {
  /// Takes it over. It is closed with this object.
  package convenience init(owning raw: Int32) {
    self.init(owning: raw) { if $0 >= 0 { Glibc.close($0) } }
  }

  var isOpen: Bool { fcntl(raw, F_GETFD) >= 0 }

  /// Another for the same file, which is the caller's; -1 where there can be no more.
  package func duplicate() -> Int32 { fcntl(raw, F_DUPFD_CLOEXEC, 3) }
}

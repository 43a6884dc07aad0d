// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// A file descriptor that arrived, or that is to be sent; closed with this object.
package final class ReceivedDescriptor: Sendable, Equatable {
  package let raw: Int32

  /// Takes it over.
  package init(_ raw: Int32) { self.raw = raw }

  deinit { if raw >= 0 { close(raw) } }

  var isOpen: Bool { fcntl(raw, F_GETFD) >= 0 }

  /// Another for the same file, which is the caller's; -1 where there can be no more.
  package func duplicate() -> Int32 { fcntl(raw, F_DUPFD_CLOEXEC, 3) }

  package static func == (one: ReceivedDescriptor, other: ReceivedDescriptor) -> Bool { one === other }
}

// SPDX-License-Identifier: Apache-2.0
import CallModel
import Glibc

/// Why a program could not be run. Nothing of it is left.
struct ProgramFailure: Error, CustomStringConvertible {
  let reason: EndReason
  let description: String

  init(_ reason: EndReason, _ description: String) {
    self.reason = reason
    self.description = description
  }

  /// The reason for an errno of execve(2) or of a lookup.
  static func reason(of error: Int32) -> EndReason {
    switch error {
    case ENOENT, ENOTDIR: .notFound
    case EACCES, EPERM: .notPermitted
    default: .refused
    }
  }
}

func errorText(_ error: Int32) -> String { String(cString: strerror(error)) }

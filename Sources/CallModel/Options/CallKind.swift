// SPDX-License-Identifier: Apache-2.0

/// What a call is.
package enum CallKind: Sendable, CaseIterable {
  /// An engine calls an address.
  case address
  /// An engine runs a program.
  case command
  /// A process that runs already is the call: it was adopted.
  case process
}

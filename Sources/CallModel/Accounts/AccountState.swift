// SPDX-License-Identifier: Apache-2.0

/// Whether calls can be placed through an account, and whether one that goes through it has registered it.
package enum AccountState: String, Sendable, CaseIterable {
  case ready
  /// For a call that is being placed.
  case registering
  /// For at least one call.
  case registered
  case disabled
  /// The server asks for a password, and there is none.
  case noPassword = "no-password"
  /// Its file is wrong, or the last registration did not succeed.
  case failed
}

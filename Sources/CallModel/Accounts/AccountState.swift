// SPDX-License-Identifier: Apache-2.0

/// Whether calls can be placed through an account.
package enum AccountState: String, Sendable, CaseIterable {
  case ready
  case disabled
  /// The server asks for a password, and there is none.
  case noPassword = "no-password"
  /// Its file is wrong.
  case failed
}

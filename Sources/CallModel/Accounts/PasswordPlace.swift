// SPDX-License-Identifier: Apache-2.0

/// Where an account's password is kept.
package enum PasswordPlace: String, Sendable, CaseIterable, Codable {
  /// The desktop's keyring, by the Secret Service API (`org.freedesktop.secrets`).
  case secretService = "secret-service"
  /// A file that only the user can read.
  case file
  /// A credential of the daemon's unit (systemd.exec(5), "Credentials").
  case credential
}

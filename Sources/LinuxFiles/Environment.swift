// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// This process's environment variables.
public enum Environment {
  /// nil where it is not set, or empty.
  public static subscript(name: String) -> String? {
    getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
  }
}

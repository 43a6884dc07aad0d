// SPDX-License-Identifier: Apache-2.0
internal import CLinux

public enum FileExchange {
  /// Exchanges the files at two paths atomically.
  public static func exchange(_ one: String, _ other: String) throws(SystemError) {
    try SystemError.checkCall(clinux_exchange_files(one, other), "exchange \(one) and \(other)")
  }
}

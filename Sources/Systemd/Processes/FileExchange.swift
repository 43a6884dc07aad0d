// SPDX-License-Identifier: Apache-2.0
internal import CLinux

public enum FileExchange {
  /// The files at two paths change places: at every moment there is one of them at each.
  public static func exchange(_ one: String, _ other: String) throws(SystemError) {
    try SystemError.checkCall(clinux_exchange_files(one, other), "exchange \(one) and \(other)")
  }
}

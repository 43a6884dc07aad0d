// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Times as people read them.
enum HumanTime {
  /// `1h 02m 03s`, `2m 03s`, `3s`
  static func duration(microseconds: UInt64) -> String {
    let seconds = microseconds / 1_000_000
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60)
    if hours > 0 { return "\(hours)h \(padded(minutes))m \(padded(rest))s" }
    if minutes > 0 { return "\(minutes)m \(padded(rest))s" }
    return "\(rest)s"
  }

  /// `1h 02m`, `2m`, `0m`
  static func minutes(microseconds: UInt64) -> String {
    let minutes = microseconds / 60_000_000
    return minutes < 60 ? "\(minutes)m" : "\(minutes / 60)h \(padded(minutes % 60))m"
  }

  /// `2024-05-01 14:03:11 CEST`, in the local time zone.
  static func local(microseconds: UInt64) -> String { formatted(microseconds, "%Y-%m-%d %H:%M:%S %Z") }

  /// `2024-05-01 14:03`
  static func minute(microseconds: UInt64) -> String { formatted(microseconds, "%Y-%m-%d %H:%M") }

  /// `14:03:11`
  static func clock(microseconds: UInt64) -> String { formatted(microseconds, "%H:%M:%S") }

  private static func formatted(_ microseconds: UInt64, _ format: String) -> String {
    var seconds = time_t(microseconds / 1_000_000)
    var parts = tm()
    guard localtime_r(&seconds, &parts) != nil else { return "an unknown time" }
    var buffer = [CChar](repeating: 0, count: 64)
    let length = strftime(&buffer, buffer.count, format, &parts)
    return String(decoding: buffer[..<length].map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  private static func padded(_ value: UInt64) -> String { value < 10 ? "0\(value)" : "\(value)" }
}

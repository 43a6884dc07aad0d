// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

/// Translations of a program's texts (gettext(3)), in the language of the process's environment.
public struct TextDomain: Sendable {
  private let name: String

  /// Set it up before the process has a second thread.
  ///
  /// - Parameter directory: where the translations are, as for bindtextdomain(3); nil is the system's directory.
  public init(_ name: String, directory: String?) {
    self.name = name
    clinux_text_setup(name, directory)
  }

  public func translation(of text: String) -> String {
    // Without a translation, the result is the same pointer that went in: copy it while that is valid.
    name.withCString { name in text.withCString { text in clinux_text(name, text).map { String(cString: $0) } } }
      ?? text
  }

  /// The time of day of `microseconds` of CLOCK_REALTIME, in the local time zone.
  public static func timeOfDay(_ microseconds: UInt64) -> String {
    var seconds = time_t(microseconds / 1_000_000)
    var local = tm()
    localtime_r(&seconds, &local)
    var buffer = [CChar](repeating: 0, count: 64)
    // Hours and minutes only, because an ongoing notification shows a start time, not a clock.
    let length = strftime(&buffer, buffer.count, "%R", &local)
    return String(decoding: buffer[..<length].map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}

// SPDX-License-Identifier: Apache-2.0

/// How long a session lasts without a refresh, and who refreshes it (RFC 4028, 4).
public struct SessionExpires: Sendable, Equatable, CustomStringConvertible {
  public enum Refresher: String, Sendable, Codable { case uac, uas }

  public var seconds: UInt32
  public var refresher: Refresher?

  public init(seconds: UInt32, refresher: Refresher? = nil) { (self.seconds, self.refresher) = (seconds, refresher) }

  public init?(_ value: String) {
    let value = ArraySlice(value)
    let number = value.prefix { $0 != UInt8(ascii: ";") }
    guard let seconds = number.trimmed.number(UInt32.self),
      let parameters = try? Parameter.list(value[number.endIndex...].dropFirst())
    else { return nil }
    self.init(seconds: seconds, refresher: parameters["refresher"].flatMap { Refresher(rawValue: $0.asciiLowercased) })
  }

  public var description: String { "\(seconds)" + (refresher.map { ";refresher=\($0.rawValue)" } ?? "") }
}

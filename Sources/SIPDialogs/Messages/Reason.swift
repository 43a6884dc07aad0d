// SPDX-License-Identifier: Apache-2.0

/// The reason of a call's end, as another network states it (RFC 3326).
public struct Reason: Sendable, Equatable, CustomStringConvertible {
  /// Of the protocol, as it came: `SIP`, `Q.850`.
  public var name: String
  public var cause: Int?
  public var text: String?

  public init(_ name: String, cause: Int? = nil, text: String? = nil) {
    (self.name, self.cause, self.text) = (name, cause, text)
  }

  public init?(_ value: String) {
    let value = ArraySlice(value)
    let name = value.prefix { $0 != UInt8(ascii: ";") }
    guard !name.trimmed.isEmpty, name.trimmed.allSatisfy(\.isTokenCharacter),
      let parameters = try? Parameter.list(value[name.endIndex...].dropFirst())
    else { return nil }
    self.name = name.trimmed.text
    cause = parameters["cause"].flatMap { ArraySlice($0).number() }
    text = parameters["text"].flatMap { $0.isEmpty ? nil : $0 }
  }

  public var description: String {
    name + (cause.map { ";cause=\($0)" } ?? "") + (text.map { ";text=" + $0.withoutControls.quoted } ?? "")
  }
}

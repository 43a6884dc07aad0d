// SPDX-License-Identifier: Apache-2.0

/// What a PRACK acknowledges (RFC 3262, 7.2).
public struct ReliableAcknowledgement: Sendable, Equatable, CustomStringConvertible {
  public var response: UInt32
  public var sequence: UInt32
  public var method: String

  public init(response: UInt32, sequence: UInt32, method: String) {
    (self.response, self.sequence, self.method) = (response, sequence, method)
  }

  public init?(_ value: String) {
    let parts = ArraySlice(value).split(whereSeparator: \.isBlank)
    guard parts.count == 3, let response = parts[0].number(UInt32.self), let sequence = parts[1].number(UInt32.self),
      parts[2].allSatisfy(\.isTokenCharacter)
    else { return nil }
    self.init(response: response, sequence: sequence, method: parts[2].text)
  }

  public var description: String { "\(response) \(sequence) \(method)" }
}

// SPDX-License-Identifier: Apache-2.0

/// The type of a body (RFC 3261, 20.15).
public struct ContentType: Sendable, Equatable, CustomStringConvertible {
  public static let sessionDescription = "application/sdp"

  /// In lower case, as is ``subtype``.
  public var type: String
  public var subtype: String
  /// Without quotes.
  public var parameters: [Parameter]

  public init(_ text: String) throws(SIPSyntaxError) {
    let value = ArraySlice(text.withoutControls)
    let head = value.prefix { $0 != UInt8(ascii: ";") }
    let parts = head.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map(\.trimmed)
    guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy(\.isTokenCharacter) }) else {
      throw .contentType(text)
    }
    (type, subtype) = (parts[0].text.asciiLowercased, parts[1].text.asciiLowercased)
    parameters = try Parameter.list(value[head.endIndex...].dropFirst())
  }

  public var isSessionDescription: Bool { type == "application" && subtype == "sdp" }
  public var isMultipart: Bool { type == "multipart" }
  /// RFC 2046, 5.1.1.
  public var boundary: String? {
    parameters["boundary"].flatMap { (1...70).contains($0.utf8.count) ? $0 : nil }
  }

  public var description: String { "\(type)/\(subtype)" + parameters.headerText }
}

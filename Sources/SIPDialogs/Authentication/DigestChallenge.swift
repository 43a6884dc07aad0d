// SPDX-License-Identifier: Apache-2.0

/// What a server asks for in `WWW-Authenticate`, or a proxy in `Proxy-Authenticate` (RFC 3261, 22; RFC 7616, 3.3).
public struct DigestChallenge: Sendable, Equatable, Codable {
  /// In bytes, of a realm, a nonce or an opaque value. They are saved with a call.
  static let longestValue = 256

  public var realm: String
  public var nonce: String
  public var opaque: String?
  public var algorithm: DigestAlgorithm
  /// The algorithm's variant `-sess`.
  public var isOfSession: Bool
  /// `qop=auth`; without it, the server knows only RFC 2069.
  public var hasQuality: Bool
  /// The credentials were right, but for an old nonce.
  public var isStale: Bool
  /// By a proxy. Its answer has another name.
  public var isOfProxy: Bool

  /// Why a challenge cannot be answered.
  public enum Problem: Error, Sendable, Equatable {
    case scheme(String)
    case algorithm(String)
    case quality(String)
    case malformed(String)
  }

  /// - Parameter text: the value of one header field.
  public init(_ text: String, isOfProxy: Bool) throws(Problem) {
    let text = ArraySlice(text).trimmed
    let scheme = text.prefix { !$0.isBlank }
    guard scheme.text.isSame(as: "Digest") else { throw .scheme(scheme.text.excerpt) }
    let values = try Self.values(text[scheme.endIndex...])
    guard let realm = values["realm"], let nonce = values["nonce"] else {
      throw .malformed("it has no realm or no nonce")
    }
    for (name, value) in values where ["realm", "nonce", "opaque"].contains(name) {
      guard value.utf8.count <= Self.longestValue else {
        throw .malformed("its \(name) is longer than \(Self.longestValue) bytes")
      }
    }
    let name = values["algorithm"] ?? DigestAlgorithm.md5.rawValue
    isOfSession = name.asciiLowercased.hasSuffix("-sess")
    guard let algorithm = DigestAlgorithm(named: isOfSession ? String(name.dropLast(5)) : name) else {
      throw .algorithm(name.excerpt)
    }
    let qualities = values["qop"].map {
      ArraySlice($0).split(at: UInt8(ascii: ",")).map(\.trimmed.text.asciiLowercased)
    }
    if let qualities, !qualities.contains("auth") { throw .quality(qualities.joined(separator: ", ").excerpt) }
    (self.realm, self.nonce, opaque, self.algorithm) = (realm, nonce, values["opaque"], algorithm)
    (hasQuality, self.isOfProxy) = (qualities != nil, isOfProxy)
    isStale = values["stale"]?.isSame(as: "true") == true
  }

  /// `name=value`, separated by commas; the first of a name counts.
  static func values(_ text: ArraySlice<UInt8>) throws(Problem) -> [String: String] {
    var values: [String: String] = [:]
    for part in text.split(at: UInt8(ascii: ",")) {
      let part = part.trimmed
      guard !part.isEmpty else { continue }
      guard values.count < Parameter.maximumCount, let equals = part.firstIndex(of: UInt8(ascii: "=")) else {
        throw .malformed("it has “\(part.text.excerpt)” in it; expected name=value")
      }
      let (name, raw) = (part[..<equals].trimmed.text.asciiLowercased, part[(equals + 1)...].trimmed)
      guard values[name] == nil else { continue }
      guard raw.first == UInt8(ascii: "\"") else {
        values[name] = raw.text
        continue
      }
      guard let (content, rest) = raw.quotedPrefix(), rest.isEmpty else {
        throw .malformed("its \(name.excerpt) has no closing quotation mark")
      }
      values[name] = content.text
    }
    return values
  }
}

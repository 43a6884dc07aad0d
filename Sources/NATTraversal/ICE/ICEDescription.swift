// SPDX-License-Identifier: Apache-2.0

/// What one end tells the other one about itself (RFC 8839), for one stream with one component.
public struct ICEDescription: Sendable, Equatable, Codable {
  /// Attributes `candidate` that are looked at.
  static let mostLines = 256

  /// Four to 256 letters, digits, `+` and `/`.
  public var userFragment: String
  /// 22 to 256 of these characters.
  public var password: String
  /// At most 16, in their order.
  public var candidates: [ICECandidate]
  /// It only answers checks (RFC 8445, 2.5).
  public var isLite: Bool

  init(_ credentials: ICECredentials, _ candidates: [ICECandidate]) {
    (userFragment, password) = (credentials.userFragment, credentials.password)
    (self.candidates, isLite) = (candidates, false)
  }

  /// For the lines `c=` and `m=` of an SDP (RFC 8839, 4.2.1.2), where far ends without ICE send to: most of them answer to
  /// where packets come from, so that a relay would be a detour. Nil if the far end may know none.
  public var defaultCandidate: TransportAddress? {
    let kinds: [ICECandidate.Kind] = [.serverReflexive, .host, .relayed]
    return kinds.lazy.compactMap { kind in candidates.first { $0.kind == kind } }.first?.address
  }

  var credentials: ICECredentials? { ICECredentials(userFragment: userFragment, password: password) }

  /// From the attributes of an SDP.
  ///
  /// Nil if they have no `ice-ufrag` or `ice-pwd`, or a malformed one. Of several, the last one counts: put those of the
  /// session before those of the stream. Candidates that are not understood, and those that this end cannot use (names,
  /// TCP, other components), are left out (RFC 8839, 5.1); so are all beyond 16.
  /// - Parameter attributes: names, and what follows the colon.
  public init?(attributes: [(name: String, value: String)]) {
    var (userFragment, password, isLite) = ("", "", false)
    var found: [ICECandidate] = []
    var lines = 0
    for (name, value) in attributes {
      switch name {
      case "ice-ufrag": userFragment = value
      case "ice-pwd": password = value
      case "ice-lite": isLite = true
      case "candidate" where lines < Self.mostLines:
        lines += 1
        if let candidate = ICECandidate(value) { found.append(candidate) }
      default: break
      }
    }
    guard let credentials = ICECredentials(userFragment: userFragment, password: password) else { return nil }
    self.init(credentials, ICECandidate.kept(of: found))
    self.isLite = isLite
  }

  /// For an SDP, those of the session first. Names, and what follows the colon; `ice-lite` has nothing.
  public func attributes() -> [(name: String, value: String)] {
    (isLite ? [("ice-lite", "")] : [])
      + [("ice-options", "ice2"), ("ice-ufrag", userFragment), ("ice-pwd", password)]
      + candidates.map { ("candidate", $0.attribute) }
  }
}

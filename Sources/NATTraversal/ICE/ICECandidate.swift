// SPDX-License-Identifier: Apache-2.0

/// An address at which an end may be reached over UDP (RFC 8445, 5.1).
public struct ICECandidate: Sendable, Equatable, Codable {
  public enum Kind: String, Sendable, Codable, CaseIterable {
    case host
    case serverReflexive = "srflx"
    case peerReflexive = "prflx"
    case relayed = "relay"

    /// RFC 8445, 5.1.2.2.
    var preference: UInt32 {
      switch self {
      case .host: 126
      case .peerReflexive: 110
      case .serverReflexive: 100
      case .relayed: 0
      }
    }

    /// Of the only component of the only local address (RFC 8445, 5.1.2.1).
    var priority: UInt32 { preference << 24 | 0xFFFF << 8 | 255 }

    /// Candidates of the same kind, base and server have the same one. This end has one of each.
    var foundation: String {
      switch self {
      case .host: "1"
      case .serverReflexive: "2"
      case .relayed: "3"
      case .peerReflexive: "4"
      }
    }
  }

  /// RFC 8445, 5.1.2.
  static let priorities: ClosedRange<UInt32> = 1...0x7FFF_FFFF

  public var kind: Kind
  public var address: TransportAddress
  public var priority: UInt32
  public var foundation: String
  /// `raddr` and `rport`, which only help to find faults.
  public var related: TransportAddress?

  /// One of this end.
  init(_ kind: Kind, _ address: TransportAddress, related: TransportAddress? = nil) {
    (self.kind, self.address, self.related) = (kind, address, related)
    (priority, foundation) = (kind.priority, kind.foundation)
  }
}

// MARK: - As an attribute (RFC 8839, 5.1)

extension ICECandidate {
  /// The value of an attribute `candidate`. Nil if it is not understood, or is nothing for this end: names, TCP, other
  /// components, other types.
  public init?(_ text: String) {
    // A line of an SDP has a length.
    guard text.utf8.count <= 512 else { return nil }
    let words = text.split(separator: " ")
    guard words.count >= 8, Self.isFoundation(words[0]), words[1] == "1", words[2].lowercased() == "udp",
      let priority = UInt32(words[3]), Self.priorities.contains(priority), let port = UInt16(words[5]), port > 0,
      let address = TransportAddress(host: String(words[4]), port: port), words[6].lowercased() == "typ",
      let kind = Kind(rawValue: words[7].lowercased())
    else { return nil }
    (self.kind, self.address, self.priority, foundation) = (kind, address, priority, String(words[0]))
    if words.count >= 12, words[8] == "raddr", words[10] == "rport", let port = UInt16(words[11]) {
      related = TransportAddress(host: String(words[9]), port: port)
    }
  }

  private static func isFoundation(_ word: Substring) -> Bool {
    (1...32).contains(word.utf8.count) && ICECredentials.isText(word)
  }

  /// The value of its attribute.
  public var attribute: String {
    let related = related.map { " raddr \($0.host) rport \($0.port)" } ?? ""
    return "\(foundation) 1 UDP \(priority) \(address.host) \(address.port) typ \(kind.rawValue)\(related)"
  }
}

// MARK: - Choosing some of many

extension ICECandidate {
  /// Of each kind and IP version so many are kept: sixteen. Some far ends list each address of each virtual network;
  /// these must not push out the ones that work from everywhere.
  private static func most(_ kind: Kind, isIPv6: Bool) -> Int {
    switch kind {
    case .host: isIPv6 ? 3 : 6
    case .serverReflexive, .peerReflexive: isIPv6 ? 1 : 2
    case .relayed: 2
    }
  }

  /// Those with the highest priorities of each kind, each address once, in the order of the list.
  static func kept(of candidates: [ICECandidate]) -> [ICECandidate] {
    let byPriority = candidates.enumerated().sorted {
      ($1.element.priority, $0.offset) < ($0.element.priority, $1.offset)
    }
    var counts: [String: Int] = [:]
    var seen: Set<TransportAddress> = []
    let kept = byPriority.filter { _, candidate in
      let isReflexive = candidate.kind == .peerReflexive || candidate.kind == .serverReflexive
      let name = "\(isReflexive ? "reflexive" : candidate.kind.rawValue) \(candidate.address.isIPv6)"
      guard counts[name, default: 0] < most(candidate.kind, isIPv6: candidate.address.isIPv6),
        seen.insert(candidate.address).inserted
      else { return false }
      counts[name, default: 0] += 1
      return true
    }
    return kept.sorted { $0.offset < $1.offset }.map(\.element)
  }
}

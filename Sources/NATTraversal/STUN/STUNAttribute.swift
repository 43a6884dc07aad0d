// SPDX-License-Identifier: Apache-2.0

/// An attribute of a STUN message (RFC 8489, 14), without its padding.
public struct STUNAttribute: Sendable, Equatable {
  public struct Kind: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt16

    public init(rawValue: UInt16) { self.rawValue = rawValue }

    init(_ value: UInt16) { rawValue = value }

    // RFC 8489, 18.3
    public static let mappedAddress = Kind(0x0001)
    public static let username = Kind(0x0006)
    public static let messageIntegrity = Kind(0x0008)
    public static let errorCode = Kind(0x0009)
    public static let unknownAttributes = Kind(0x000A)
    public static let realm = Kind(0x0014)
    public static let nonce = Kind(0x0015)
    public static let messageIntegritySHA256 = Kind(0x001C)
    public static let passwordAlgorithm = Kind(0x001D)
    public static let userHash = Kind(0x001E)
    public static let xorMappedAddress = Kind(0x0020)
    public static let passwordAlgorithms = Kind(0x8002)
    public static let alternateDomain = Kind(0x8003)
    public static let software = Kind(0x8022)
    public static let alternateServer = Kind(0x8023)
    public static let fingerprint = Kind(0x8028)
    // RFC 8656, 18
    public static let channelNumber = Kind(0x000C)
    public static let lifetime = Kind(0x000D)
    public static let xorPeerAddress = Kind(0x0012)
    public static let data = Kind(0x0013)
    public static let xorRelayedAddress = Kind(0x0016)
    public static let requestedAddressFamily = Kind(0x0017)
    public static let evenPort = Kind(0x0018)
    public static let requestedTransport = Kind(0x0019)
    public static let dontFragment = Kind(0x001A)
    public static let reservationToken = Kind(0x0022)
    // RFC 8445, 16.1
    public static let priority = Kind(0x0024)
    public static let useCandidate = Kind(0x0025)
    public static let iceControlled = Kind(0x8029)
    public static let iceControlling = Kind(0x802A)

    /// A receiver that does not know it must not go on (RFC 8489, 14).
    public var mustBeUnderstood: Bool { rawValue < 0x8000 }

    static let known: Set<Kind> = [
      .mappedAddress, .username, .messageIntegrity, .errorCode, .unknownAttributes, .realm, .nonce,
      .messageIntegritySHA256, .passwordAlgorithm, .userHash, .xorMappedAddress, .passwordAlgorithms, .alternateDomain,
      .software, .alternateServer, .fingerprint, .channelNumber, .lifetime, .xorPeerAddress, .data, .xorRelayedAddress,
      .requestedAddressFamily, .evenPort, .requestedTransport, .dontFragment, .reservationToken, .priority,
      .useCandidate, .iceControlled, .iceControlling,
    ]

    static let xored: Set<Kind> = [.xorMappedAddress, .xorPeerAddress, .xorRelayedAddress]
  }

  public var kind: Kind
  public var value: [UInt8]

  public init(_ kind: Kind, _ value: [UInt8] = []) { (self.kind, self.value) = (kind, value) }
}

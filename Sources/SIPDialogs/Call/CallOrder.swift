// SPDX-License-Identifier: Apache-2.0

/// Whom to call, and how.
public struct CallOrder: Sendable, Equatable {
  public var uri: SIPURI
  /// The caller's address, for the From field; nil is ``user`` at this machine's address.
  public var identity: NameAddress?
  /// Who calls, in a Contact and where there is no identity: letters, digits and what else RFC 3261 allows unescaped.
  public var user: String
  /// Where the address names none; nil follows what DNS says.
  public var transport: Target.Transport?
  /// In order of preference.
  public var codecs: [Codec]
  public var packetTime: UInt16?
  public var encryption: OfferAnswer.Encryption
  /// Random, for the keys of SRTP. Nobody else may know it.
  public var keyMaterial: [UInt8]
  public var stream: StreamIdentity
  public var muted: Bool
  /// On hold from the beginning; only a call that is taken up again can be.
  public var held: Bool

  public init(
    uri: SIPURI, identity: NameAddress? = nil, user: String, transport: Target.Transport? = nil, codecs: [Codec],
    packetTime: UInt16? = nil, encryption: OfferAnswer.Encryption = .off, keyMaterial: [UInt8] = [],
    stream: StreamIdentity, muted: Bool = false, held: Bool = false
  ) {
    (self.uri, self.identity, self.user, self.transport) = (uri, identity, user, transport)
    (self.codecs, self.packetTime, self.encryption, self.keyMaterial) = (codecs, packetTime, encryption, keyMaterial)
    (self.stream, self.muted, self.held) = (stream, muted, held)
  }
}

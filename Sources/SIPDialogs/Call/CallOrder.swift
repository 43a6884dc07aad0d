// SPDX-License-Identifier: Apache-2.0

/// Whom to call, and how.
public struct CallOrder: Sendable {
  public var uri: SIPURI
  /// The caller's address, for the From field; nil is ``user`` at this machine's address.
  public var identity: NameAddress?
  /// The caller's name in the Contact, and if there is no identity: letters, digits, and the other characters that RFC
  /// 3261 allows unescaped.
  public var user: String
  /// nil: the call goes where its address leads, and no server gets a password.
  public var account: CallAccount?
  /// If the address does not name one; nil follows DNS.
  public var transport: Target.Transport?
  /// In order of preference.
  public var codecs: [Codec]
  public var packetTime: UInt16?
  public var encryption: OfferAnswer.Encryption
  /// The far end is not to learn who calls (RFC 3323).
  public var isAnonymous: Bool
  /// Random and secret; for the keys of SRTP.
  public var keyMaterial: [UInt8]
  public var keyExchange: OfferAnswer.KeyExchange
  /// For handshakes; nil: there are none.
  public var certificate: Certificate?
  public var stream: StreamIdentity
  public var muted: Bool
  /// The user wants it on hold. From the start, this is possible only for a call that is taken up.
  public var held: Bool

  /// Of the Contact: it says who calls, too.
  var contactUser: String { isAnonymous ? "anonymous" : user }

  /// Whether an address that somebody else gives leads by a less secure transport than is wanted. Through a server, the
  /// address does not decide that.
  func isLowered(by uri: SIPURI) -> Bool {
    guard uri.scheme == .sip, account?.firstHop == nil else { return false }
    let isSecure = transport == .tls || (transport == nil && encryption == .required)
    return isSecure && uri.transport.map { $0 != Target.Transport.tls.rawValue } ?? false
  }

  var direction: MediaPlan.Direction { held ? .sendonly : .sendrecv }

  public init(
    uri: SIPURI, identity: NameAddress? = nil, user: String, account: CallAccount? = nil,
    transport: Target.Transport? = nil, codecs: [Codec],
    packetTime: UInt16? = nil, encryption: OfferAnswer.Encryption = .off, isAnonymous: Bool = false,
    keyMaterial: [UInt8] = [], keyExchange: OfferAnswer.KeyExchange = .auto, certificate: Certificate? = nil,
    stream: StreamIdentity, muted: Bool = false, held: Bool = false
  ) {
    (self.uri, self.identity, self.user, self.account, self.transport) = (uri, identity, user, account, transport)
    (self.codecs, self.packetTime, self.encryption, self.keyMaterial) = (codecs, packetTime, encryption, keyMaterial)
    (self.isAnonymous, self.keyExchange, self.certificate) = (isAnonymous, keyExchange, certificate)
    (self.stream, self.muted, self.held) = (stream, muted, held)
  }
}

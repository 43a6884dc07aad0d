// SPDX-License-Identifier: Apache-2.0
public import NATTraversal

/// Both sides of RFC 3264 for one audio stream: what was offered and answered, and what must be remembered of it.
///
/// A value: to try something, or to handle several answers to one offer (forks), use a copy.
public struct OfferAnswer: Sendable, Equatable, Codable {
  public enum Encryption: String, Sendable, Codable, CaseIterable {
    /// Encryption is not offered, but a far end that requires it gets it.
    case off
    /// Offers keys with media that may be unencrypted.
    case offer
    case required
  }

  /// How the keys are agreed on.
  public enum KeyExchange: String, Sendable, Codable, CaseIterable {
    /// By either; keys are offered in the description first.
    case auto
    /// In the description (RFC 4568): who passes it on can read them.
    case sdes
    /// By a handshake in the way of the sound (RFC 5763).
    case dtls
  }

  /// What this end has.
  public struct Local: Sendable, Equatable, Codable {
    /// Numeric, IPv6 without brackets: where the far end sends to.
    public var address: String
    public var port: UInt16
    public var controlPort: UInt16
    /// The ways to ``port``; nil: this end does not use ICE.
    public var ice: ICEDescription?
    /// In order of preference. Their payload types are wishes: if the far end has offered other ones, those are used.
    public var codecs: [Codec]
    /// The packet time in milliseconds that the far end is asked for; nil leaves it to the far end.
    public var packetTime: UInt16?
    public var encryption: Encryption
    /// Random bytes for the keys of one call. 30 bytes are enough for AES-128, 46 also for AES-256.
    public var keyMaterial: [UInt8]
    /// nil is `auto`.
    public var keyExchange: KeyExchange?
    /// nil: there can be no handshake.
    public var certificate: Certificate?

    public init(
      address: String, port: UInt16, controlPort: UInt16, codecs: [Codec], packetTime: UInt16? = nil,
      encryption: Encryption = .off, keyMaterial: [UInt8] = [], keyExchange: KeyExchange? = nil,
      certificate: Certificate? = nil, ice: ICEDescription? = nil
    ) {
      (self.address, self.port, self.controlPort) = (address, port, controlPort)
      (self.codecs, self.packetTime) = (codecs, packetTime)
      (self.encryption, self.keyMaterial) = (encryption, keyMaterial)
      (self.keyExchange, self.certificate, self.ice) = (keyExchange, certificate, ice)
    }
  }

  /// What an answer is checked against.
  struct Offer: Sendable, Equatable, Codable {
    var direction: MediaPlan.Direction
    var codecs: [Codec]
    var digits: [Codec]
    var comfortNoise: Codec?
    /// By tag: the first has 1.
    var keys: [MediaPlan.Key]
    /// nil: no handshake.
    var association: UInt32?
  }

  /// A media line that is not supported; it stays in its place, refused (RFC 3264, 8.2).
  struct OtherMedia: Sendable, Equatable, Codable {
    var type: String
    var transport: String
    /// Nobody reads it in a refused line, but there must be one.
    var format: String
  }

  /// For the next description; a pending one does not change.
  public var local: Local
  /// At least below 2⁶³, for implementations with signed numbers.
  public let sessionID: UInt64
  /// The version in the last `o=` that was sent.
  public internal(set) var version: UInt64
  /// An offer is pending.
  public internal(set) var isOfferPending = false
  /// The last agreement; nil before the first.
  public internal(set) var plan: MediaPlan?

  let user: String
  /// The first address: `o=` stays the same except for its version (RFC 3264, 8), wherever the media go.
  let originAddress: String
  /// Without `o=`, to compare with the next one.
  var lastText: String?
  /// This end's last offer, as long as an answer to it may still come.
  var offer: Offer?
  /// The meaning of every payload type, in order. A number never changes its meaning in a session.
  var numbers: [Codec] = []
  var others: [OtherMedia] = []
  /// How many handshakes there have been; nil is one, or none.
  var associations: UInt32?
  /// The place of the sound among ``others``.
  var place = 0

  public init(local: Local, sessionID: UInt64, user: String = "-") {
    (self.local, self.sessionID) = (local, sessionID)
    version = sessionID
    let name = user.withoutControls.utf8.filter { !$0.isBlank }.text
    self.user = name.isEmpty ? "-" : name
    originAddress = local.destination.host
  }

  /// The offer was refused: the session stays as it was (RFC 3261, 14.1). What was sent stays used: its version and its
  /// numbers are not reused.
  public mutating func rollBack() {
    offer = nil
    isOfferPending = false
  }

  /// Forgets the keys, but not that the session is encrypted. The next description has new keys. Without its
  /// certificate, a handshake that was begun cannot go on: the next description has another one.
  mutating func forgetKeys(butCertificate keepsCertificate: Bool = false) {
    local.keyMaterial = []
    if !keepsCertificate { local.certificate = nil }
    plan?.forgetKeys()
    for index in offer?.keys.indices ?? 0..<0 { offer?.keys[index].material = [] }
    lastText = lastText?.split(separator: "\r\n", omittingEmptySubsequences: false)
      .filter { !$0.hasPrefix("a=crypto:") }.joined(separator: "\r\n")
  }

  /// The text of a description. Its version grows if it differs from the previous one.
  mutating func text(_ description: SessionDescription) -> String {
    var description = description
    description.origin = ""
    let body = description.description
    if let lastText, lastText != body { version &+= 1 }
    lastText = body
    description.origin = "\(user) \(sessionID) \(version) IN \(connection(originAddress))"
    return description.description
  }

  func connection(_ address: String) -> String {
    (address.utf8.contains(UInt8(ascii: ":")) ? "IP6 " : "IP4 ") + address
  }

  /// In a ticket it may be anything.
  func placeAmong(_ others: Int) -> Int { max(0, min(place, others)) }

  /// The description with the sound in its place among the refused lines.
  func description(_ audio: SessionDescription.Media) -> SessionDescription {
    var media = others.map {
      SessionDescription.Media(type: $0.type, port: 0, transport: $0.transport, formats: [$0.format])
    }
    media.insert(audio, at: placeAmong(media.count))
    return SessionDescription(origin: "", connection: connection(local.destination.host), media: media)
  }

  func media(
    _ codecs: [Codec], transport: String, direction: MediaPlan.Direction, sharesPort: Bool, needsControl: Bool,
    keys: [SecurityDescription], handshake: [SessionDescription.Attribute] = [], usesICE: Bool
  ) -> SessionDescription.Media {
    var media = SessionDescription.Media(
      type: "audio", port: local.destination.port, transport: transport, formats: codecs.map { "\($0.payloadType)" })
    for codec in codecs {
      media.attributes.append(.init("rtpmap", "\(codec.payloadType) \(codec.encoding)"))
      if !codec.parameters.isEmpty {
        media.attributes.append(.init("fmtp", "\(codec.payloadType) \(codec.parameters)"))
      }
    }
    if let packetTime = local.packetTime { media.attributes.append(.init("ptime", "\(packetTime)")) }
    if needsControl, local.destination.port == local.port, local.port == .max || local.controlPort != local.port + 1 {
      media.attributes.append(.init("rtcp", "\(local.controlPort)"))
    }
    if sharesPort { media.attributes.append(.init("rtcp-mux")) }
    media.attributes += keys.map { .init("crypto", $0.value) } + handshake
    if usesICE { media.attributes += local.connectivityAttributes }
    media.attributes.append(.init(direction.rawValue))
    return media
  }
}

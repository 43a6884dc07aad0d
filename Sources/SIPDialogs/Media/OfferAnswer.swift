// SPDX-License-Identifier: Apache-2.0

/// Both ends of RFC 3264 for one stream of sound: what was offered and answered, and what must be remembered of it.
///
/// A value: who tries something, or has several answers to one offer (forks), goes on with a copy.
public struct OfferAnswer: Sendable, Equatable, Codable {
  public enum Encryption: String, Sendable, Codable, CaseIterable {
    /// Nothing is offered; a far end that takes nothing else has it all the same.
    case off
    /// Keys with media that may be in clear.
    case offer
    case required
  }

  /// What this end has.
  public struct Local: Sendable, Equatable, Codable {
    /// Numeric, IPv6 without brackets; where the far end is to send to.
    public var address: String
    public var port: UInt16
    public var controlPort: UInt16
    /// In order of preference. Their payload types are wishes: who has offered another one goes on with that.
    public var codecs: [Codec]
    /// Milliseconds in a packet, asked of the far end; nil: it does as it likes.
    public var packetTime: UInt16?
    public var encryption: Encryption
    /// Randomness for the keys of one call. With 30 bytes there are those of AES-128, with 46 those of AES-256 too.
    public var keyMaterial: [UInt8]

    public init(
      address: String, port: UInt16, controlPort: UInt16, codecs: [Codec], packetTime: UInt16? = nil,
      encryption: Encryption = .off, keyMaterial: [UInt8] = []
    ) {
      (self.address, self.port, self.controlPort) = (address, port, controlPort)
      (self.codecs, self.packetTime) = (codecs, packetTime)
      (self.encryption, self.keyMaterial) = (encryption, keyMaterial)
    }
  }

  /// What an answer is held against.
  struct Offer: Sendable, Equatable, Codable {
    var direction: MediaPlan.Direction
    var codecs: [Codec]
    var digits: [Codec]
    var comfortNoise: Codec?
    /// By tag: the first has 1.
    var keys: [MediaPlan.Key]
  }

  /// A media line that is none of ours, and stays where it is, refused (RFC 3264, 8.2).
  struct OtherMedia: Sendable, Equatable, Codable {
    var type: String
    var transport: String
    /// Of a line that is refused, nobody looks at them; but there must be one.
    var format: String
  }

  /// What the next description says; one that is out stays as it is.
  public var local: Local
  /// Below 2⁶³ at least, for those that count with a sign.
  public let sessionID: UInt64
  /// Of the `o=` that was sent last.
  public internal(set) var version: UInt64
  /// An offer is out and not answered.
  public internal(set) var isOfferPending = false
  /// The last agreement; nil before the first.
  public internal(set) var plan: MediaPlan?

  let user: String
  /// The first one: `o=` stays the same but for its version (RFC 3264, 8), wherever the media go.
  let originAddress: String
  /// Without `o=`; what the next one is compared with.
  var lastText: String?
  /// The last of this end's offers, as long as an answer to it may still come.
  var offer: Offer?
  /// What every number has meant, in the order in which it got to: in one session it never means anything else.
  var numbers: [Codec] = []
  var others: [OtherMedia] = []
  /// The place of the sound among ``others``.
  var place = 0

  public init(local: Local, sessionID: UInt64, user: String = "-") {
    (self.local, self.sessionID) = (local, sessionID)
    version = sessionID
    let name = user.withoutControls.utf8.filter { !$0.isBlank }.text
    self.user = name.isEmpty ? "-" : name
    originAddress = local.address
  }

  /// The offer was refused: all is as before (RFC 3261, 14.1). What was sent was sent: its version and its numbers are
  /// not used for anything else.
  public mutating func rollBack() {
    offer = nil
    isOfferPending = false
  }

  /// That the session is encrypted is kept; by which keys is not. The next description has others.
  mutating func forgetKeys() {
    local.keyMaterial = []
    plan?.forgetKeys()
    for index in offer?.keys.indices ?? 0..<0 { offer?.keys[index].material = [] }
    lastText = lastText?.split(separator: "\r\n", omittingEmptySubsequences: false)
      .filter { !$0.hasPrefix("a=crypto:") }.joined(separator: "\r\n")
  }

  /// The text of it, whose version grows where it is another than that before.
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

  /// Of a ticket it may be anything.
  func placeAmong(_ others: Int) -> Int { max(0, min(place, others)) }

  /// The description with the sound at its place among the refused lines.
  func description(_ audio: SessionDescription.Media) -> SessionDescription {
    var media = others.map {
      SessionDescription.Media(type: $0.type, port: 0, transport: $0.transport, formats: [$0.format])
    }
    media.insert(audio, at: placeAmong(media.count))
    return SessionDescription(origin: "", connection: connection(local.address), media: media)
  }

  func media(
    _ codecs: [Codec], transport: String, direction: MediaPlan.Direction, sharesPort: Bool, needsControl: Bool,
    keys: [SecurityDescription]
  ) -> SessionDescription.Media {
    var media = SessionDescription.Media(
      type: "audio", port: local.port, transport: transport, formats: codecs.map { "\($0.payloadType)" })
    for codec in codecs {
      media.attributes.append(.init("rtpmap", "\(codec.payloadType) \(codec.encoding)"))
      if !codec.parameters.isEmpty {
        media.attributes.append(.init("fmtp", "\(codec.payloadType) \(codec.parameters)"))
      }
    }
    if let packetTime = local.packetTime { media.attributes.append(.init("ptime", "\(packetTime)")) }
    if needsControl, local.port == .max || local.controlPort != local.port + 1 {
      media.attributes.append(.init("rtcp", "\(local.controlPort)"))
    }
    if sharesPort { media.attributes.append(.init("rtcp-mux")) }
    media.attributes += keys.map { .init("crypto", $0.value) }
    media.attributes.append(.init(direction.rawValue))
    return media
  }
}

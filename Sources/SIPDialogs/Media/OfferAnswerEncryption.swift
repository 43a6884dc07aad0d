// SPDX-License-Identifier: Apache-2.0

/// Where the keys come from: the descriptions (SDES, RFC 4568), or a handshake (DTLS, RFC 5763).
extension OfferAnswer {
  /// What is agreed on.
  enum Protection {
    case none
    case keys(tag: UInt32, send: MediaPlan.Key, receive: MediaPlan.Key)
    case handshake(MediaPlan.Handshake)
  }

  private static let plain = " RTP/AVP"
  private static let handshaking = "UDP/TLS/RTP/SAVP"

  /// A session that is encrypted stays so.
  var isEncrypted: Bool { plan?.sendKey != nil || plan?.handshake != nil }

  var exchange: KeyExchange { local.keyExchange ?? .auto }

  /// The number of the handshake that a description of this end is about.
  var association: UInt32 { associations ?? 1 }

  /// The next description begins another handshake: nobody knows the keys of the last one.
  mutating func renewAssociation() { associations = association &+ 1 }

  private var offersKeys: Bool {
    if isEncrypted { return plan?.handshake == nil }
    return local.encryption != .off && exchange != .dtls
  }

  private var offersHandshake: Bool {
    guard local.certificate != nil, !isEncrypted else { return local.certificate != nil && plan?.handshake != nil }
    switch local.encryption {
    case .off: return false
    // RFC 8643: whoever knows neither answers without.
    case .offer: return exchange != .sdes
    // A line has one protocol, which is the one for keys; if it is refused, there may be another offer.
    case .required: return exchange == .dtls
    }
  }

  /// Whether another offer, of a handshake, may be accepted by a far end that has refused keys in the description.
  var mayOfferHandshake: Bool {
    local.encryption == .required && exchange == .auto && local.certificate != nil && plan == nil
  }

  /// For people, after a refusal; nil if encryption cannot be its cause.
  var refusedEncryption: String? {
    guard local.encryption == .required else { return nil }
    switch exchange {
    case .auto: return "; it was offered only encrypted sound, with keys in the description (SDES)"
    case .sdes:
      return "; it was offered only encrypted sound, with keys in the description (SDES); "
        + "“--key-exchange dtls” offers a handshake instead"
    case .dtls: return "; it was offered only encrypted sound, with keys from a handshake (DTLS)"
    }
  }

  func offered() -> (transport: String, keys: [MediaPlan.Key], association: UInt32?) {
    let keys = offersKeys ? SecurityDescription.keys(of: local.keyMaterial) : []
    let isPlain = local.encryption != .required && (!isEncrypted || lastText?.contains(" RTP/SAVP") != true)
    guard offersHandshake else { return (isPlain ? "RTP/AVP" : "RTP/SAVP", keys, nil) }
    let mayBePlain = local.encryption != .required && (!isEncrypted || lastText?.contains(Self.plain) == true)
    let profile = lastText?.contains("\(Self.handshaking)F ") == true ? "\(Self.handshaking)F" : Self.handshaking
    return (mayBePlain ? "RTP/AVP" : profile, keys, association)
  }

  /// For this end's description.
  func attributes(_ setup: HandshakeDescription.Setup, of association: UInt32) -> [SessionDescription.Attribute] {
    guard let certificate = local.certificate else { return [] }
    return [
      .init("fingerprint", certificate.fingerprint.value), .init("setup", setup.rawValue),
      .init("tls-id", certificate.tlsID(of: association)),
    ]
  }

  // MARK: - The far end's offer

  func chosen(_ description: SessionDescription, _ audio: SessionDescription.Media) throws(NegotiationError)
    -> Protection
  {
    let (lines, far) = (audio.all("crypto"), try handshake(in: description, audio))
    let isOptional = !audio.isEncrypted && local.encryption != .required && !isEncrypted
    if let far, local.certificate != nil, exchange != .sdes || plan?.handshake != nil,
      audio.isEncrypted || local.encryption != .off || isEncrypted
    {
      return .handshake(try agreed(with: far))
    }
    guard !audio.isByHandshake, plan?.handshake == nil else {
      guard audio.isEncrypted else { throw .unencrypted }
      throw .keys(
        exchange == .sdes
          ? "they come from a handshake (DTLS), but only keys in the description (SDES) are wanted"
          : "the offer has no a=fingerprint, which goes with a handshake (DTLS)")
    }
    if !audio.isEncrypted, lines.isEmpty || (local.encryption == .off && !isEncrypted) {
      guard local.encryption != .required else { throw .unencrypted }
      return .none
    }
    if exchange == .dtls, plan?.sendKey == nil {
      guard isOptional else {
        throw .keys("they are in the description (SDES), but only a handshake (DTLS) is wanted")
      }
      return .none
    }
    let own = SecurityDescription.keys(of: local.keyMaterial)
    for key in lines.lazy.compactMap({ SecurityDescription($0) }) {
      if let send = own.first(where: { $0.suite == key.key.suite }) {
        return .keys(tag: key.tag, send: send, receive: key.key)
      }
    }
    // If the media may be unencrypted, unusable keys count as none.
    guard audio.isEncrypted || local.encryption == .required else { return .none }
    throw .keys("none of the offer's \(lines.count) a=crypto lines has a known suite and key")
  }

  /// Where encryption is optional, an unusable handshake counts as none.
  private func handshake(
    in description: SessionDescription, _ audio: SessionDescription.Media
  ) throws(NegotiationError) -> HandshakeDescription? {
    do throws(NegotiationError) {
      return try HandshakeDescription(description, audio)
    } catch {
      guard audio.isByHandshake || plan?.handshake != nil else { return nil }
      throw error
    }
  }

  private func agreed(with far: HandshakeDescription) throws(NegotiationError) -> MediaPlan.Handshake {
    if let before = plan?.handshake, before.association == association, far.continues(before) { return before }
    guard far.setup != .holdconn else { throw .keys("the far end does not want to begin the handshake yet") }
    // Its first message makes a way through address translators of this end (RFC 5763, 5).
    return MediaPlan.Handshake(
      isActive: far.setup == .actpass || far.setup == .passive, fingerprints: far.fingerprints,
      association: plan?.handshake == nil ? association : association &+ 1, farID: far.farID)
  }

  // MARK: - The far end's answer

  func accepted(_ description: SessionDescription, _ audio: SessionDescription.Media, offer: Offer)
    throws(NegotiationError) -> Protection
  {
    let far = try handshake(in: description, audio)
    if let far, let association = offer.association {
      if let before = plan?.handshake, before.association == association, far.continues(before) {
        return .handshake(before)
      }
      guard far.setup != .holdconn else { throw .keys("the far end does not want to begin the handshake yet") }
      return .handshake(
        MediaPlan.Handshake(
          isActive: far.setup != .active, fingerprints: far.fingerprints, association: association, farID: far.farID))
    }
    guard plan?.handshake == nil else { throw .unencrypted }
    guard !audio.isByHandshake else {
      throw .keys(
        offer.association == nil
          ? "they come from a handshake (DTLS), which was not offered"
          : "the answer has no a=fingerprint, which goes with a handshake (DTLS)")
    }
    let lines = audio.all("crypto")
    for line in lines {
      guard let key = SecurityDescription(line), key.tag > 0, key.tag <= UInt32(offer.keys.count) else { continue }
      let own = offer.keys[Int(key.tag) - 1]
      if own.suite == key.key.suite { return .keys(tag: key.tag, send: own, receive: key.key) }
    }
    // Keys that were not asked for do not matter if the media are unencrypted.
    if !audio.isEncrypted, local.encryption != .required, lines.isEmpty || offer.keys.isEmpty { return .none }
    if lines.isEmpty && !audio.isEncrypted { throw .unencrypted }
    throw .keys("none of the answer's a=crypto lines has an offered tag, suite and key")
  }
}

extension MediaPlan {
  mutating func protect(by protection: OfferAnswer.Protection) {
    switch protection {
    case .none: break
    case .keys(_, let send, let receive): (sendKey, receiveKey) = (send, receive)
    case .handshake(let handshake): self.handshake = handshake
    }
  }

  /// With the keys of its handshake, if it has been made.
  func keyed(by keys: [HandshakeKeys]) -> MediaPlan {
    guard let handshake, let keys = keys.last(where: { $0.handshake == handshake }) else { return self }
    var plan = self
    (plan.sendKey, plan.receiveKey) = (keys.sendKey, keys.receiveKey)
    return plan
  }
}

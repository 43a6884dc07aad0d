// SPDX-License-Identifier: Apache-2.0

extension OfferAnswer {
  /// This end's offer. It is the same again if nothing has changed.
  public mutating func offer(_ direction: MediaPlan.Direction) -> String {
    var codecs: [Codec] = []
    for codec in local.codecs where !codecs.contains(where: { $0.isSameEncoding(as: codec) }) {
      if let codec = numbered(codec) { codecs.append(codec) }
    }
    let (digits, noise) = companions(of: codecs)
    let keys = local.encryption == .off && plan?.sendKey == nil ? [] : SecurityDescription.keys(of: local.keyMaterial)
    let transport = local.encryption == .required || mustStayEncrypted ? "RTP/SAVP" : "RTP/AVP"
    offer = Offer(direction: direction, codecs: codecs, digits: digits, comfortNoise: noise, keys: keys)
    isOfferPending = true
    let audio = media(
      codecs + (noise.map { [$0] } ?? []) + digits, transport: transport, direction: direction, sharesPort: true,
      needsControl: true,
      keys: keys.enumerated().map { SecurityDescription(tag: UInt32($0.offset) + 1, key: $0.element) },
      usesICE: true)
    return text(description(audio))
  }

  /// Accepts the answer to the last offer. It may come again in a later response and differ; the last one counts. If it
  /// throws, the last agreement stays.
  public mutating func accept(answer: [UInt8], contentType: String? = nil) throws(NegotiationError) -> MediaPlan {
    guard let offer else { throw .noOffer }
    isOfferPending = false
    let description = try Self.read(answer, contentType: contentType)
    guard description.media.count == others.count + 1 else {
      throw .mediaLines(expected: others.count + 1, found: description.media.count)
    }
    let audio = description.media[placeAmong(others.count)]
    guard audio.type == "audio" else { throw .mediaType(audio.type) }
    guard audio.port > 0 else { throw .rejected }
    guard audio.isKnownTransport else { throw .transport(audio.transport) }
    let address = try description.address(of: audio)
    let keys = try acceptedKeys(audio, offer: offer)

    let theirs = audio.codecs(offered: offer.codecs + offer.digits + (offer.comfortNoise.map { [$0] } ?? []))
    let (codec, accepted) = try Self.match(theirs) { codec in
      offer.codecs.first { $0.isSameEncoding(as: codec) }
    }
    let ways = ways(description, audio)
    let plan = MediaPlan(
      codec: codec, accepted: accepted, digits: Self.digits(of: theirs, own: offer.digits, for: codec),
      comfortNoise: Self.noise(of: theirs, for: codec) == nil ? nil : offer.comfortNoise,
      direction: Self.common(offer.direction, reach(description, audio, address, ways).reversed),
      packetTime: packetTime(of: audio, for: codec), remote: Self.remote(description, audio),
      remoteControl: audio.has("rtcp-mux") ? nil : Self.control(description, audio), sendKey: keys?.send,
      receiveKey: keys?.receive, ice: ways)
    self.plan = plan
    return plan
  }

  /// A session with an encrypting protocol must not fall back.
  private var mustStayEncrypted: Bool { plan?.sendKey != nil && lastText?.contains(" RTP/SAVP") == true }

  private func acceptedKeys(_ audio: SessionDescription.Media, offer: Offer) throws(NegotiationError)
    -> (send: MediaPlan.Key, receive: MediaPlan.Key)?
  {
    let lines = audio.all("crypto")
    for line in lines {
      guard let key = SecurityDescription(line), key.tag > 0, key.tag <= UInt32(offer.keys.count) else { continue }
      let own = offer.keys[Int(key.tag) - 1]
      if own.suite == key.key.suite { return (own, key.key) }
    }
    // Keys that were not asked for do not matter if the media are unencrypted.
    if !audio.isEncrypted, local.encryption != .required, lines.isEmpty || offer.keys.isEmpty { return nil }
    if lines.isEmpty && !audio.isEncrypted { throw .unencrypted }
    throw .keys("none of the answer's a=crypto lines has an offered tag, suite and key")
  }
}

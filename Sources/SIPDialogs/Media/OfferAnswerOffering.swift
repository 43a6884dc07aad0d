// SPDX-License-Identifier: Apache-2.0

extension OfferAnswer {
  /// This end's offer. It is the same again if nothing has changed.
  public mutating func offer(_ direction: MediaPlan.Direction) -> String {
    var codecs: [Codec] = []
    for codec in local.codecs where !codecs.contains(where: { $0.isSameEncoding(as: codec) }) {
      if let codec = numbered(codec) { codecs.append(codec) }
    }
    let (digits, noise) = companions(of: codecs)
    let (transport, keys, association) = offered()
    offer = Offer(
      direction: direction, codecs: codecs, digits: digits, comfortNoise: noise, keys: keys, association: association)
    isOfferPending = true
    let audio = media(
      codecs + (noise.map { [$0] } ?? []) + digits, transport: transport, direction: direction, sharesPort: true,
      needsControl: true,
      keys: keys.enumerated().map { SecurityDescription(tag: UInt32($0.offset) + 1, key: $0.element) },
      handshake: association.map { attributes(.actpass, of: $0) } ?? [], usesICE: true)
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
    let protection = try accepted(description, audio, offer: offer)

    let theirs = audio.codecs(offered: offer.codecs + offer.digits + (offer.comfortNoise.map { [$0] } ?? []))
    let (codec, accepted) = try Self.match(theirs) { codec in
      offer.codecs.first { $0.isSameEncoding(as: codec) }
    }
    let ways = ways(description, audio)
    var plan = MediaPlan(
      codec: codec, accepted: accepted, digits: Self.digits(of: theirs, own: offer.digits, for: codec),
      comfortNoise: Self.noise(of: theirs, for: codec) == nil ? nil : offer.comfortNoise,
      direction: Self.common(offer.direction, reach(description, audio, address, ways).reversed),
      packetTime: packetTime(of: audio, for: codec), remote: Self.remote(description, audio),
      remoteControl: audio.has("rtcp-mux") ? nil : Self.control(description, audio), ice: ways)
    plan.protect(by: protection)
    self.plan = plan
    return plan
  }
}

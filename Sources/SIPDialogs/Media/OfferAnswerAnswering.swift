// SPDX-License-Identifier: Apache-2.0

extension OfferAnswer {
  /// Answers an offer; sends and receives no more than `direction` allows. If it throws, nothing has changed.
  public mutating func answer(
    offer: [UInt8], contentType: String? = nil, direction: MediaPlan.Direction = .sendrecv
  ) throws(NegotiationError) -> (sdp: String, plan: MediaPlan) {
    guard !isOfferPending else { throw .offerPending }
    let description = try Self.read(offer, contentType: contentType)
    var failure = NegotiationError.noAudio
    // The line that carries the sound keeps it; if it cannot, another one replaces it.
    var indices = Array(description.media.indices)
    if plan != nil, indices.contains(place) {
      indices.remove(at: place)
      indices.insert(place, at: 0)
    }
    for index in indices where description.media[index].type == "audio" && description.media[index].port > 0 {
      var next = self
      do throws(NegotiationError) {
        let result = try next.answer(description, at: index, direction: direction)
        self = next
        return result
      } catch {
        if failure == .noAudio { failure = error }
      }
    }
    throw failure
  }

  private mutating func answer(_ description: SessionDescription, at index: Int, direction: MediaPlan.Direction)
    throws(NegotiationError) -> (sdp: String, plan: MediaPlan)
  {
    let audio = description.media[index]
    guard audio.isKnownTransport else { throw .transport(audio.transport) }
    let address = try description.address(of: audio)
    let protection = try chosen(description, audio)

    let theirs = audio.codecs()
    let (codec, accepted) = try Self.match(theirs) { codec in
      guard let known = local.codecs.first(where: { $0.isSameEncoding(as: codec) }) else { return nil }
      return numbered(known, as: codec.payloadType)
    }
    var companions: [Codec] = []
    let noise = Self.noise(of: theirs, for: codec).flatMap { numbered($0, as: $0.payloadType) }
    if let noise { companions.append(noise) }
    var ownDigits: [Codec] = []
    for events in theirs where events.isDigits && accepted.contains(where: { $0.clockRate == events.clockRate }) {
      guard !ownDigits.contains(where: { $0.isSameEncoding(as: events) }),
        var own = numbered(events, as: events.payloadType)
      else { continue }
      own.parameters = Self.digitParameters
      ownDigits.append(own)
    }
    // Some support digits at 8000 only, whatever their codec; that is better than tones.
    if ownDigits.isEmpty, let events = theirs.first(where: { $0.isDigits }),
      var own = numbered(events, as: events.payloadType)
    {
      own.parameters = Self.digitParameters
      ownDigits.append(own)
    }
    companions += ownDigits

    let ways = ways(description, audio)
    let agreed = Self.common(direction, reach(description, audio, address, ways).reversed)
    let sharesPort = audio.has("rtcp-mux")
    place = index
    others = description.media.indices.filter { $0 != index }.map {
      let media = description.media[$0]
      return OtherMedia(type: media.type, transport: media.transport, format: media.formats.first ?? "0")
    }
    var (keys, handshake) = ([SecurityDescription](), [SessionDescription.Attribute]())
    switch protection {
    case .none: break
    case .keys(let tag, let send, _): keys = [SecurityDescription(tag: tag, key: send)]
    case .handshake(let agreed):
      associations = agreed.association
      handshake = attributes(agreed.isActive ? .active : .passive, of: agreed.association)
    }
    let answered = media(
      accepted + companions, transport: audio.transport, direction: agreed, sharesPort: sharesPort,
      needsControl: !sharesPort, keys: keys, handshake: handshake, usesICE: ways != nil)
    var plan = MediaPlan(
      codec: codec, accepted: accepted, digits: Self.digits(of: theirs, own: ownDigits, for: codec),
      comfortNoise: noise, direction: agreed, packetTime: packetTime(of: audio, for: codec),
      remote: Self.remote(description, audio), remoteControl: sharesPort ? nil : Self.control(description, audio),
      ice: ways)
    plan.protect(by: protection)
    self.plan = plan
    offer = nil
    return (text(self.description(answered)), plan)
  }
}

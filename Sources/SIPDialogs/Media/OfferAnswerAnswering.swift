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
    let keys = try chosenKeys(audio)

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
    let answered = media(
      accepted + companions, transport: audio.transport, direction: agreed, sharesPort: sharesPort,
      needsControl: !sharesPort, keys: keys.map { [SecurityDescription(tag: $0.tag, key: $0.send)] } ?? [],
      usesICE: ways != nil)
    let plan = MediaPlan(
      codec: codec, accepted: accepted, digits: Self.digits(of: theirs, own: ownDigits, for: codec),
      comfortNoise: noise, direction: agreed, packetTime: packetTime(of: audio, for: codec),
      remote: Self.remote(description, audio), remoteControl: sharesPort ? nil : Self.control(description, audio),
      sendKey: keys?.send, receiveKey: keys?.receive, ice: ways)
    self.plan = plan
    offer = nil
    return (text(self.description(answered)), plan)
  }

  private func chosenKeys(_ audio: SessionDescription.Media) throws(NegotiationError)
    -> (tag: UInt32, send: MediaPlan.Key, receive: MediaPlan.Key)?
  {
    let lines = audio.all("crypto")
    if !audio.isEncrypted, lines.isEmpty || (local.encryption == .off && plan?.sendKey == nil) {
      guard local.encryption != .required else { throw .unencrypted }
      return nil
    }
    let own = SecurityDescription.keys(of: local.keyMaterial)
    for key in lines.lazy.compactMap({ SecurityDescription($0) }) {
      if let send = own.first(where: { $0.suite == key.key.suite }) { return (key.tag, send, key.key) }
    }
    // If the media may be unencrypted, unusable keys count as none.
    guard audio.isEncrypted || local.encryption == .required else { return nil }
    throw .keys("none of the offer's \(lines.count) a=crypto lines has a known suite and key")
  }
}

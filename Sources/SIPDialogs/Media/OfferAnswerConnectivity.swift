// SPDX-License-Identifier: Apache-2.0
internal import NATTraversal

/// ICE in offers and answers (RFC 8839).
extension OfferAnswer {
  /// Of the line that carries the sound.
  func ways(offeredIn request: SIPMessage) -> ICEDescription? {
    guard let description = try? Self.read(request.body, contentType: request["Content-Type"]) else { return nil }
    let index = placeAmong(others.count)
    return index < description.media.count ? ways(description, description.media[index]) : nil
  }

  /// What the far end's description says of its ways, if both ends use ICE.
  func ways(_ description: SessionDescription, _ audio: SessionDescription.Media) -> ICEDescription? {
    guard local.ice != nil, !audio.has("ice-mismatch") else { return nil }
    let attributes = (description.attributes + audio.attributes).map { (name: $0.name, value: $0.value ?? "") }
    guard let theirs = ICEDescription(attributes: attributes) else { return nil }
    // Something on the way that does not know ICE has put its own address there, and wants the sound (5.4).
    let remote = Self.remote(description, audio)
    let isOpen = NumericAddress(remote.host)?.isUnspecified == true
    let isTheirs = theirs.candidates.contains {
      $0.address.port == remote.port && NumericAddress($0.address.host) == NumericAddress(remote.host)
    }
    return isOpen || isTheirs ? theirs : nil
  }
}

extension OfferAnswer.Local {
  /// Where the far end sends to, unless it knows better.
  var destination: MediaPlan.Address {
    guard let ice else { return MediaPlan.Address(address, port) }
    // Its own address is not to be known, and there is no relay (RFC 8839, 4.2.1.1).
    let nowhere = MediaPlan.Address(address.utf8.contains(UInt8(ascii: ":")) ? "::" : "0.0.0.0", 9)
    return ice.defaultCandidate.map { MediaPlan.Address($0.host, $0.port) } ?? nowhere
  }

  var connectivityAttributes: [SessionDescription.Attribute] {
    (ice?.attributes() ?? []).map { .init($0.name, $0.value.isEmpty ? nil : $0.value) }
  }
}

// SPDX-License-Identifier: Apache-2.0
internal import NATTraversal

/// Rules for both offers and answers.
extension OfferAnswer {
  /// What is sent: the first of theirs that is known here, with their number. And what may be received, with this end's
  /// numbers.
  static func match(_ theirs: [Codec], own: (Codec) -> Codec?) throws(NegotiationError) -> (Codec, accepted: [Codec]) {
    var (first, accepted): (Codec?, [Codec]) = (nil, [])
    for codec in theirs where !accepted.contains(where: { $0.isSameEncoding(as: codec) }) {
      guard var own = own(codec) else { continue }
      let (sent, received) = agreed(own: own.parameters, theirs: codec.parameters, codec: own)
      own.parameters = received
      accepted.append(own)
      if first == nil {
        first = Codec(
          own.name, clockRate: own.clockRate, channels: own.channels, payloadType: codec.payloadType, parameters: sent)
      }
    }
    guard let first else { throw .codecs(theirs.map(\.encoding)) }
    return (first, accepted)
  }

  static func read(_ body: [UInt8], contentType: String?) throws(NegotiationError) -> SessionDescription {
    let found: [UInt8]?
    do {
      found = try SIPMessage.sessionDescription(in: body, contentType: contentType)
    } catch {
      throw .body(error)
    }
    guard let found else { throw .missing }
    return try SessionDescription(found)
  }

  static func common(_ one: MediaPlan.Direction, _ other: MediaPlan.Direction) -> MediaPlan.Direction {
    .init(sends: one.sends && other.sends, receives: one.receives && other.receives)
  }

  /// The far end's direction from its own view. Nothing is sent to an address of zeros (RFC 3264, 8.4); with ICE, that
  /// is an address that is not known yet (RFC 8839, 4.2.1.1).
  func reach(
    _ description: SessionDescription, _ audio: SessionDescription.Media, _ address: NumericAddress,
    _ ways: ICEDescription?
  ) -> MediaPlan.Direction {
    let direction = description.direction(of: audio)
    let isReachable = !address.isUnspecified || ways != nil
    return .init(sends: direction.sends, receives: direction.receives && isReachable)
  }

  static func remote(_ description: SessionDescription, _ audio: SessionDescription.Media) -> MediaPlan.Address {
    MediaPlan.Address(host(description, audio), audio.port)
  }

  static func control(_ description: SessionDescription, _ audio: SessionDescription.Media) -> MediaPlan.Address {
    audio.controlAddress(host: host(description, audio))
  }

  private static func host(_ description: SessionDescription, _ audio: SessionDescription.Media) -> String {
    let text = audio.connection ?? description.connection ?? ""
    return text.utf8.split(separator: UInt8(ascii: " ")).last?.text ?? ""
  }

  /// The digits for the codec: at its clock rate, or at any rate that both support.
  static func digits(of theirs: [Codec], own: [Codec], for codec: Codec) -> Codec? {
    let common = theirs.filter { events in events.isDigits && own.contains { $0.isSameEncoding(as: events) } }
    return common.first { $0.clockRate == codec.clockRate } ?? common.first
  }

  static func noise(of theirs: [Codec], for codec: Codec) -> Codec? {
    theirs.first { $0.isComfortNoise && $0.clockRate == 8000 && codec.clockRate == 8000 }
  }

  /// Each side says what it wants to receive. But for iLBC both send the same: 20 ms if one of them says so (RFC 3952,
  /// 5).
  static func agreed(own: String, theirs: String, codec: Codec) -> (sent: String, received: String) {
    guard codec.name.asciiLowercased == "ilbc" else { return (theirs, own) }
    var (one, other) = (codec, codec)
    (one.parameters, other.parameters) = (own, theirs)
    let mode = one.parameter("mode") == "20" || other.parameter("mode") == "20" ? "mode=20" : "mode=30"
    return (mode, mode)
  }

  /// For what is sent: the far end's value, else the one that it was asked for.
  func packetTime(of audio: SessionDescription.Media, for codec: Codec) -> UInt16 {
    codec.packetTime(near: audio.packetTime(default: local.packetTime ?? 20))
  }
}

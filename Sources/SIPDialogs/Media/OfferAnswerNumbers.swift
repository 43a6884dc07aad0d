// SPDX-License-Identifier: Apache-2.0

/// Payload types (RFC 3264, 8.3.2).
extension OfferAnswer {
  static let digitParameters = "0-15"

  /// The codec with the number that it already has, or now gets for good. nil: there are no more numbers.
  mutating func numbered(_ codec: Codec) -> Codec? {
    var codec = codec
    if let last = numbers.last(where: { $0.isSameEncoding(as: codec) }) {
      codec.payloadType = last.payloadType
      return codec
    }
    let dynamic: [UInt8] = Array(96...127) + Array(35...63)
    let wished = codec.payloadType
    // A fixed number belongs to its codec only, and the numbers of RTCP packets (RFC 5761, 4) to none.
    let mayHave = dynamic.contains(wished) || CodecTable.fixed(wished)?.isSameEncoding(as: codec) == true
    let choice = mayHave && isFree(wished) ? wished : dynamic.first { isFree($0) && !isWished($0) }
    guard let number = choice else { return nil }
    codec.payloadType = number
    remember(codec)
    return codec
  }

  /// The codec with the far end's number for it, if that has no other meaning here.
  mutating func numbered(_ codec: Codec, as wished: UInt8) -> Codec? {
    var codec = codec
    guard numbers.contains(where: { $0.payloadType == wished && $0.isSameEncoding(as: codec) }) || isFree(wished)
    else { return numbered(codec) }
    codec.payloadType = wished
    numbers.removeAll { $0.payloadType == wished }
    remember(codec)
    return codec
  }

  private mutating func remember(_ codec: Codec) {
    var codec = codec
    codec.parameters = ""
    numbers.append(codec)
  }

  private func isFree(_ number: UInt8) -> Bool { !numbers.contains { $0.payloadType == number } }
  private func isWished(_ number: UInt8) -> Bool { local.codecs.contains { $0.payloadType == number } }

  /// Digits at every clock rate, the first with 101 as usual, and comfort noise with its own number.
  mutating func companions(of codecs: [Codec]) -> (digits: [Codec], comfortNoise: Codec?) {
    var digits: [Codec] = []
    for codec in codecs where !digits.contains(where: { $0.clockRate == codec.clockRate }) {
      let wished: UInt8 = codec.clockRate == 8000 ? 101 : 102
      let events = Codec(
        "telephone-event", clockRate: codec.clockRate, payloadType: wished, parameters: Self.digitParameters)
      if let events = numbered(events) { digits.append(events) }
    }
    let hasTelephone = codecs.contains { $0.clockRate == 8000 }
    return (digits, hasTelephone ? numbered(Codec("CN", clockRate: 8000, payloadType: 13)) : nil)
  }
}

// SPDX-License-Identifier: Apache-2.0

/// Payload types (RFC 3264, 8.3.2).
extension OfferAnswer {
  static let digitParameters = "0-15"

  /// The codec with the number that it has had, or gets for good. nil: there are no more numbers.
  mutating func numbered(_ codec: Codec) -> Codec? {
    var codec = codec
    if let last = numbers.last(where: { $0.isSameEncoding(as: codec) }) {
      codec.payloadType = last.payloadType
      return codec
    }
    let dynamic: [UInt8] = Array(96...127) + Array(35...63)
    let wished = codec.payloadType
    // A fixed number is no other codec's, and the numbers of RTCP's packets (RFC 5761, 4) nobody's.
    let mayHave = dynamic.contains(wished) || CodecTable.fixed(wished)?.isSameEncoding(as: codec) == true
    let choice = mayHave && isFree(wished) ? wished : dynamic.first { isFree($0) && !isWished($0) }
    guard let number = choice else { return nil }
    codec.payloadType = number
    remember(codec)
    return codec
  }

  /// The codec with the number that the far end has for it, where that means nothing else here.
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

  /// Digits at every clock rate, the first 101 as most have it, and comfort noise at its own.
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

// SPDX-License-Identifier: Apache-2.0

extension SessionDescription.Media {
  /// In bytes; longer ones are ignored, because they are kept during the call.
  static let maximumParameters = 1024

  /// The codecs in the order of the line. A number that neither the line's `a=rtpmap` nor RFC 3551 explains is ignored,
  /// unless it is in `offered`, to which this is the answer.
  public func codecs(offered: [Codec] = []) -> [Codec] {
    let (maps, parameters) = (numbered("rtpmap"), numbered("fmtp"))
    var seen: Set<UInt8> = []
    return formats.compactMap { format in
      guard let number = ArraySlice(format).number(UInt8.self), number < 128, seen.insert(number).inserted else {
        return nil
      }
      var codec = maps[number].flatMap { Codec(map: $0, payloadType: number) }
      if maps[number] == nil {
        codec = CodecTable.fixed(number) ?? offered.first { $0.payloadType == number }
      }
      codec?.parameters = parameters[number].flatMap { $0.utf8.count <= Self.maximumParameters ? $0 : nil } ?? ""
      return codec
    }
  }

  /// `a=NAME:NUMBER TEXT`; the first of a number counts.
  private func numbered(_ name: String) -> [UInt8: String] {
    var texts: [UInt8: String] = [:]
    for value in all(name) {
      let value = ArraySlice(value)
      let number = value.prefix { !$0.isBlank }
      guard let payloadType = number.number(UInt8.self), texts[payloadType] == nil else { continue }
      texts[payloadType] = value[number.endIndex...].trimmed.text
    }
    return texts
  }

  /// The address for its RTCP, if different from RTP: RFC 3605, else the next port.
  func controlAddress(host: String) -> MediaPlan.Address {
    let next = MediaPlan.Address(host, port == .max ? port : port + 1)
    guard let value = self["rtcp"] else { return next }
    let fields = ArraySlice(value).split(whereSeparator: \.isBlank)
    guard let port = fields.first?.number(UInt16.self), port > 0 else { return next }
    guard fields.count >= 4 else { return MediaPlan.Address(host, port) }
    let own = fields[3].text.asciiLowercased
    guard let address = NumericAddress(own), address.isUnicast, !address.isUnspecified else {
      return MediaPlan.Address(host, port)
    }
    return MediaPlan.Address(own, port)
  }

  /// The packet time in milliseconds that its writer wants to receive.
  func packetTime(default wanted: UInt16) -> UInt16 {
    func milliseconds(_ name: String) -> UInt16? {
      guard let value = self[name] else { return nil }
      let digits = ArraySlice(value).prefix(while: \.isDigit)
      guard !digits.isEmpty, digits.contains(where: { $0 != UInt8(ascii: "0") }) else { return nil }
      return digits.number(UInt16.self) ?? .max
    }
    return min(milliseconds("ptime") ?? wanted, milliseconds("maxptime") ?? .max)
  }

  /// RFC 5764, 9.
  var isByHandshake: Bool { transport == "UDP/TLS/RTP/SAVP" || transport == "UDP/TLS/RTP/SAVPF" }
  var isEncrypted: Bool { isByHandshake || transport == "RTP/SAVP" || transport == "RTP/SAVPF" }
  var isKnownTransport: Bool { isEncrypted || transport == "RTP/AVP" || transport == "RTP/AVPF" }
}

extension Codec {
  /// `opus/48000/2`.
  fileprivate init?(map: String, payloadType: UInt8) {
    let parts = ArraySlice(map).split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map(\.trimmed)
    guard parts.count >= 2, !parts[0].isEmpty, let rate = parts[1].number(UInt32.self), (1...384_000).contains(rate)
    else { return nil }
    let channels = parts.count > 2 ? parts[2].number(UInt8.self) ?? 1 : 1
    self.init(parts[0].text, clockRate: rate, channels: max(1, channels), payloadType: payloadType)
    // Some get this wrong, but it can mean only one thing (RFC 7587, 7; RFC 3551, 4.5.2).
    switch name.asciiLowercased {
    case "opus": (clockRate, self.channels) = (48_000, 2)
    case "g722": clockRate = 8000
    default: break
    }
  }
}

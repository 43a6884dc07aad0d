// SPDX-License-Identifier: Apache-2.0

/// The known codecs, of which the media support some or all.
public enum CodecTable {
  /// In order of preference, with the offered payload types.
  public static let all: [Codec] = [
    Codec("opus", clockRate: 48_000, channels: 2, payloadType: 96, parameters: "useinbandfec=1"),
    Codec("G722", clockRate: 8000, payloadType: 9),
    Codec("PCMU", clockRate: 8000, payloadType: 0),
    Codec("PCMA", clockRate: 8000, payloadType: 8),
    Codec("speex", clockRate: 16_000, payloadType: 97),
    Codec("speex", clockRate: 8000, payloadType: 98),
    Codec("GSM", clockRate: 8000, payloadType: 3),
    Codec("iLBC", clockRate: 8000, payloadType: 99, parameters: "mode=30"),
  ]

  public static func available(where isAvailable: (Codec) -> Bool) -> [Codec] { all.filter(isAvailable) }

  /// The codec of a payload type that needs no `a=rtpmap` (RFC 3551, 6).
  static func fixed(_ payloadType: UInt8) -> Codec? { statics.first { $0.payloadType == payloadType } }

  private static let statics: [Codec] = [
    Codec("PCMU", clockRate: 8000, payloadType: 0), Codec("GSM", clockRate: 8000, payloadType: 3),
    Codec("G723", clockRate: 8000, payloadType: 4), Codec("DVI4", clockRate: 8000, payloadType: 5),
    Codec("DVI4", clockRate: 16_000, payloadType: 6), Codec("LPC", clockRate: 8000, payloadType: 7),
    Codec("PCMA", clockRate: 8000, payloadType: 8), Codec("G722", clockRate: 8000, payloadType: 9),
    Codec("L16", clockRate: 44_100, channels: 2, payloadType: 10), Codec("L16", clockRate: 44_100, payloadType: 11),
    Codec("QCELP", clockRate: 8000, payloadType: 12), Codec("CN", clockRate: 8000, payloadType: 13),
    Codec("MPA", clockRate: 90_000, payloadType: 14), Codec("G728", clockRate: 8000, payloadType: 15),
    Codec("DVI4", clockRate: 11_025, payloadType: 16), Codec("DVI4", clockRate: 22_050, payloadType: 17),
    Codec("G729", clockRate: 8000, payloadType: 18),
  ]
}

extension Codec {
  /// As in `a=rtpmap`: `opus/48000/2`, `PCMU/8000`.
  public var encoding: String { "\(name)/\(clockRate)" + (channels > 1 ? "/\(channels)" : "") }

  var isDigits: Bool { name.asciiLowercased == "telephone-event" }
  var isComfortNoise: Bool { name.asciiLowercased == "cn" }

  /// A value in `a=fmtp`, a list of `name=value` separated by semicolons; nil if it is missing.
  public func parameter(_ name: String) -> String? {
    let name = name.asciiLowercased
    for part in ArraySlice(parameters).split(separator: UInt8(ascii: ";")) {
      let key = part.prefix { $0 != UInt8(ascii: "=") }
      if key.trimmed.text.asciiLowercased == name { return part[key.endIndex...].dropFirst().trimmed.text }
    }
    return nil
  }

  /// The longest packet time of whole frames up to `wanted`; at least one frame.
  public func packetTime(near wanted: UInt16) -> UInt16 {
    let wanted = min(max(wanted, 10), 60)
    switch name.asciiLowercased {
    case "opus": return [60, 40, 20].first { $0 <= wanted } ?? 10
    case "ilbc":
      let frame: UInt16 = parameter("mode") == "20" ? 20 : 30
      return max(frame, wanted / frame * frame)
    case "gsm", "speex", "g728": return max(20, wanted / 20 * 20)
    default: return wanted / 10 * 10
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
import CallModel

extension MediaCounters {
  init(_ fields: WireFields) throws(EngineProtocolError) {
    self.init(
      sent: try fields.required(.sent), received: try fields.required(.received), lost: try fields.required(.lost),
      roundTripMilliseconds: try fields.optional(.roundTrip), codec: try text(fields, .codec),
      jitterMilliseconds: try fields.optional(.jitter), levelSent: try level(fields, .levelSent),
      levelReceived: try level(fields, .levelReceived), audio: try AudioUse(fields),
      echoCancellation: try fields.optional(.echoCancellation), isSending: try fields.optional(.sending))
  }

  func write(to fields: inout KeyedEncodingContainer<WireKey>) throws {
    try fields.encode(sent, forKey: .sent)
    try fields.encode(received, forKey: .received)
    try fields.encode(lost, forKey: .lost)
    try fields.encodeIfPresent(roundTripMilliseconds, forKey: .roundTrip)
    try fields.encodeIfPresent(codec, forKey: .codec)
    try fields.encodeIfPresent(jitterMilliseconds, forKey: .jitter)
    try fields.encodeIfPresent(levelSent, forKey: .levelSent)
    try fields.encodeIfPresent(levelReceived, forKey: .levelReceived)
    try audio.write(to: &fields)
    try fields.encodeIfPresent(echoCancellation, forKey: .echoCancellation)
    try fields.encodeIfPresent(isSending, forKey: .sending)
  }
}

extension AudioUse {
  fileprivate init(_ fields: WireFields) throws(EngineProtocolError) {
    let away: [String] = try fields.optional(.fallback) ?? []
    self.init(
      microphone: try text(fields, .microphone), speaker: try text(fields, .speaker),
      fallback: Device.allCases.filter { away.contains($0.rawValue) })
  }

  fileprivate func write(to fields: inout KeyedEncodingContainer<WireKey>) throws {
    try fields.encodeIfPresent(microphone, forKey: .microphone)
    try fields.encodeIfPresent(speaker, forKey: .speaker)
    if !fallback.isEmpty { try fields.encode(fallback.map(\.rawValue), forKey: .fallback) }
  }
}

private func text(_ fields: WireFields, _ key: WireKey) throws(EngineProtocolError) -> String? {
  let text: String? = try fields.optional(key)
  return text.map(cut)
}

/// A measurement that is off the scale is no reason to end a call.
private func level(_ fields: WireFields, _ key: WireKey) throws(EngineProtocolError) -> Int? {
  let level: Int? = try fields.optional(key)
  return level.map { min(max($0, -127), 0) }
}

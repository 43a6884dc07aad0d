// SPDX-License-Identifier: Apache-2.0
internal import CallModel

/// A row for each key of `media`.
extension MediaCounters: WireBody {
  static var blank: Self { Self(sent: 0, received: 0, lost: 0) }

  static let fields: [WireField<Self>] = [
    .required("sent", \.sent),
    .required("received", \.received),
    .required("lost", \.lost),
    .optional("round-trip-ms", \.roundTripMilliseconds),
    .optional("jitter-ms", \.jitterMilliseconds),
    .optional("codec", \.codec, WireRule.text),
    .optional("level-sent", \.levelSent, WireRule.level),
    .optional("level-received", \.levelReceived, WireRule.level),
    .optional("microphone", \.audio.microphone, WireRule.text),
    .optional("speaker", \.audio.speaker, WireRule.text),
    WireField(
      key: "fallback",
      read: { fields, counters throws(EngineProtocolError) in
        let away: [String] = try fields.optional("fallback") ?? []
        counters.audio.fallback = AudioUse.Device.allCases.filter { away.contains($0.rawValue) }
      },
      write: { counters, line in
        let away = counters.audio.fallback
        if !away.isEmpty { try line.encode(away.map(\.rawValue), forKey: WireKey("fallback")) }
      }),
    .optional("echo-cancellation", \.echoCancellation),
    .optional("encryption", \.encryption, WireRule.text),
    .optional("sending", \.isSending),
  ]
}

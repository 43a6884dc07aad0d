// SPDX-License-Identifier: Apache-2.0
import CallModel
import OngoingCall

/// How a call sounds, and by what, as people read it.
extension MediaCounters {
  /// What of it is known, as labels and values.
  var details: [(label: String, value: String)] {
    var lines: [(String, String)] = []
    if let codec { lines.append(("Codec", shown(codec, limit: 40))) }
    if let encryption { lines.append(("Encryption", Self.encryption(encryption))) }
    let levels = [levelSent.map { "sent " + Self.meter($0) }, levelReceived.map { "received " + Self.meter($0) }]
    if levels.contains(where: { $0 != nil }) {
      lines.append(("Level", levels.compactMap(\.self).joined(separator: ", ")))
    }
    if let microphone = audio.microphone {
      let echo = echoCancellation.map { $0 ? "echo cancellation on" : "echo cancellation off" }
      lines.append(("Microphone", Self.device(microphone, isAway(.microphone), echo)))
    }
    if let speaker = audio.speaker { lines.append(("Speaker", Self.device(speaker, isAway(.speaker), nil))) }
    return lines
  }

  private static func encryption(_ name: String) -> String {
    switch name {
    case "": "none"
    case "sdes": "sdes (the keys were in the messages of the call, which servers read)"
    case "dtls": "dtls (the keys come from a handshake between the two ends)"
    default: shown(name, limit: 40)
    }
  }

  private func isAway(_ kind: AudioUse.Device) -> Bool { audio.fallback.contains(kind) }

  private static func device(_ name: String, _ standsIn: Bool, _ more: String?) -> String {
    let why = standsIn ? "instead of one that is not connected" : nil
    let words = [why, more].compactMap(\.self).joined(separator: "; ")
    return (name.isEmpty ? "none" : shown(name, limit: 100)) + (words.isEmpty ? "" : " (\(words))")
  }

  /// `[######....] -23 dB`
  static func meter(_ level: Int) -> String {
    // What is below -60 dBov nobody hears.
    let full = max(0, min(10, (level + 66) / 6))
    let bar = String(repeating: "#", count: full) + String(repeating: ".", count: 10 - full)
    return "[\(bar)] " + (level <= -127 ? "silence" : "\(level) dB")
  }
}

// SPDX-License-Identifier: Apache-2.0
internal import CallModel

extension CallPage {
  /// - Parameters:
  ///   - microseconds: how much longer it has lasted than `info` says.
  ///   - isRinging: whether the far end rings.
  init(_ info: SessionInfo, later microseconds: UInt64, isRinging: Bool, _ phrases: WindowPhrases) {
    let state = SessionState(rawValue: info.state)
    let isCall = info.command.isEmpty && !info.adopted
    id = info.id
    who = info.who
    let shownAddress = info.shownAddress
    address = shownAddress.isEmpty || shownAddress == who ? nil : shownAddress
    self.state = info.stateLine(later: microseconds, isRinging: isRinging, phrases)
    remark = info.remark(phrases)
    guard state != .ended else { return }
    if !info.transferRequest.isEmpty {
      request = TransferRequest(
        address: info.transferRequest, text: phrases.asksToCall(SessionInfo.shown(info.transferRequest)))
    }
    sound = info.media?.words(phrases)
    encryption = info.media?.encryption.map { $0.isEmpty ? phrases.notEncrypted : phrases.encryption($0) }
    program = info.command.isEmpty ? nil : SessionInfo.shown(CommandText.whole(info.command), limit: 1000)
    process = isCall ? nil : info.program?.process.map { "\($0)" }
    controls = Controls(
      muting: isCall
        ? Switch(isOn: info.muted, label: info.muted ? phrases.unmute : phrases.mute) : nil,
      holding: isCall ? Switch(isOn: info.onHold, label: info.onHold ? phrases.resume : phrases.hold) : nil,
      sendsDigits: isCall ? state == .joined : nil, opensTerminal: info.terminal, isLeaving: state == .leaving)
  }
}

extension WindowPhrases {
  func encryption(_ word: String) -> String {
    switch word {
    case "sdes": encryptedBySDES
    case "dtls": encryptedByDTLS
    default: word
    }
  }
}

extension MediaCounters {
  /// `Good`, `Fair: 2.1 % lost, 310 ms round trip`
  func words(_ phrases: WindowPhrases) -> String {
    let word: String
    switch MediaQuality(self) {
    case .good: return phrases.good
    case .silent: return phrases.nothingReceived
    case .fair: word = phrases.fair
    case .poor: word = phrases.poor
    }
    let numbers = [lossPercent.map(phrases.lost), roundTripMilliseconds.map { phrases.delay("\($0)") }]
    return word + ": " + numbers.compactMap(\.self).joined(separator: ", ")
  }
}

extension SessionInfo {
  /// Text from outside for one line.
  static func shown(_ text: String, limit: Int = 200) -> String {
    let safe = DisplayText(String(text.prefix(limit * 4))).description
    return safe.count > limit ? safe.prefix(limit - 1) + "…" : safe
  }

  /// Whom it calls, without what only programs need.
  var shownAddress: String {
    for scheme in ["sip:", "sips:"] where uri.hasPrefix(scheme) {
      return Self.shown(String(uri.dropFirst(scheme.utf8.count).prefix { $0 != ";" && $0 != "?" }))
    }
    return Self.shown(uri)
  }

  var who: String {
    let title = title.isEmpty || title == uri ? shownAddress : Self.shown(title)
    return !title.isEmpty ? title : command.first.map { Self.shown(CommandText.name(of: $0)) } ?? id
  }

  /// `Muted · 3:05`, `Ringing…`
  func stateLine(later microseconds: UInt64, isRinging: Bool, _ phrases: WindowPhrases) -> String {
    let time = hasJoined ? Self.clock(duration &+ microseconds) : nil
    switch SessionState(rawValue: state) {
    case .launching?: return isRinging ? phrases.ringing : phrases.calling
    case .leaving?: return phrases.leaving
    case .ended?: return phrases.ended
    case .reconnecting?: return [phrases.reconnecting, time].compactMap(\.self).joined(separator: " · ")
    case .joined?, nil:
      let words = [
        muted ? phrases.muted : nil, onHold ? phrases.onHold : nil, recording.isEmpty ? nil : phrases.recording, time,
      ]
      return words.compactMap(\.self).joined(separator: " · ")
    }
  }

  func remark(_ phrases: WindowPhrases) -> String? {
    guard hasEnded else { return connectedTo.isEmpty ? nil : phrases.connected(to: Self.shown(connectedTo)) }
    let lines = [
      Self.shown(endDetail.isEmpty ? endReason : endDetail), hasJoined ? phrases.lasted(Self.clock(duration)) : "",
    ]
    return lines.filter { !$0.isEmpty }.joined(separator: "\n")
  }

  /// `3:05`, `1:02:03`
  static func clock(_ microseconds: UInt64) -> String {
    let seconds = microseconds / 1_000_000
    let padded = { (value: UInt64) in value < 10 ? "0\(value)" : "\(value)" }
    let rest = padded(seconds % 60)
    guard seconds >= 3600 else { return "\(seconds / 60):\(rest)" }
    return "\(seconds / 3600):\(padded(seconds / 60 % 60)):\(rest)"
  }
}

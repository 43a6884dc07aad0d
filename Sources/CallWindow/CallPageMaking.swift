// SPDX-License-Identifier: Apache-2.0
internal import OngoingCall

extension CallPage {
  /// - Parameter later: how much longer it has lasted than `call` says.
  init(_ call: OngoingCalls.Call, later: Duration, _ phrases: WindowPhrases) {
    let isCall = call.command.isEmpty && !call.isAdopted
    id = call.id
    who = call.displayName
    address = call.displayAddress == who ? nil : call.displayAddress
    state = call.stateLine(later: later, phrases)
    remark = call.remark(phrases)
    guard !call.hasEnded else { return }
    request = call.transferRequest.map {
      TransferRequest(address: $0, text: phrases.asksToCall(CallText.line($0)))
    }
    sound = call.sound?.words(phrases)
    encryption = call.sound?.encryption.map(phrases.encryption)
    program = call.command.isEmpty ? nil : CallText.command(call.command)
    process = isCall ? nil : call.process.map { "\($0)" }
    controls = Controls(
      muting: isCall
        ? Switch(isOn: call.isMuted, label: call.isMuted ? phrases.unmute : phrases.mute) : nil,
      holding: isCall ? Switch(isOn: call.isOnHold, label: call.isOnHold ? phrases.resume : phrases.hold) : nil,
      sendsDigits: isCall ? call.state == .joined : nil, opensTerminal: call.hasTerminal,
      isLeaving: call.state == .leaving)
  }
}

extension WindowPhrases {
  func encryption(_ encryption: OngoingCalls.Sound.Encryption) -> String {
    switch encryption {
    case .unencrypted: notEncrypted
    case .sdes: encryptedBySDES
    case .dtls: encryptedByDTLS
    default: CallText.line(encryption.rawValue)
    }
  }
}

extension OngoingCalls.Sound {
  /// `Good`, `Fair: 2.1 % lost, 310 ms round trip`, `No microphone · Good`
  func words(_ phrases: WindowPhrases) -> String {
    // Without one there is silence, however good the connection is.
    let missing = [
      devices.microphone == "" ? phrases.noMicrophone : nil, devices.speaker == "" ? phrases.noSpeaker : nil,
    ]
    return (missing.compactMap(\.self) + [connection(phrases)]).joined(separator: " · ")
  }

  private func connection(_ phrases: WindowPhrases) -> String {
    let word: String
    switch quality {
    case .good: return phrases.good
    case .silent: return phrases.nothingReceived
    case .fair: word = phrases.fair
    case .poor: word = phrases.poor
    }
    let numbers = [lossPercent.map(phrases.lost), roundTrip.map { phrases.delay("\($0.milliseconds)") }]
    return word + ": " + numbers.compactMap(\.self).joined(separator: ", ")
  }
}

extension OngoingCalls.Call {
  /// `Muted · 3:05`, `Ringing…`
  func stateLine(later: Duration, _ phrases: WindowPhrases) -> String {
    let time = joinTime.map { _ in CallText.clock(duration + later) }
    switch state {
    case .launching: return isRinging ? phrases.ringing : phrases.calling
    case .leaving: return phrases.leaving
    case .ended: return phrases.ended
    case .reconnecting: return [phrases.reconnecting, time].compactMap(\.self).joined(separator: " · ")
    case .joined, .other:
      let words = [
        isMuted ? phrases.muted : nil, isOnHold ? phrases.onHold : nil, recording.map { _ in phrases.recording }, time,
      ]
      return words.compactMap(\.self).joined(separator: " · ")
    }
  }

  func remark(_ phrases: WindowPhrases) -> String? {
    guard hasEnded else { return connectedTo.map { phrases.connected(to: CallText.line($0)) } }
    let why = end.map { phrases.why($0.reason) ?? CallText.line($0.detail.isEmpty ? $0.reason.rawValue : $0.detail) }
    let lines = [why ?? "", joinTime.map { _ in phrases.lasted(CallText.clock(duration)) } ?? ""]
    return lines.filter { !$0.isEmpty }.joined(separator: "\n")
  }
}

extension Duration {
  fileprivate var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}

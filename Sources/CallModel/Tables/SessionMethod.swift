// SPDX-License-Identifier: Apache-2.0

extension BusInterface {
  package static let session = BusInterface(
    BusName.sessionInterface, methods: SessionMethod.allCases.map(\.row), signals: [SessionSignal.event],
    properties: SessionInfo.properties.map(\.kind))
}

/// The methods of a session.
package enum SessionMethod: String, Sendable, CaseIterable {
  case abort = "Abort"
  case hangUp = "HangUp"
  case `return` = "Return"
  case setMuted = "SetMuted"
  case setOnHold = "SetOnHold"
  case sendDtmf = "SendDtmf"
  case transfer = "Transfer"
  case transferTo = "TransferTo"
  case answerTransfer = "AnswerTransfer"
  case setAudio = "SetAudio"
  case startRecording = "StartRecording"
  case stopRecording = "StopRecording"
  case setNotification = "SetNotification"
  case setName = "SetName"
  case attachTerminal = "AttachTerminal"
  case sendKeys = "SendKeys"

  /// Callers have only the sessions that they may see.
  package var row: BusMethod {
    switch self {
    case .abort, .hangUp: BusMethod(rawValue, for: .identified)
    case .return:
      BusMethod(rawValue, for: .identified, takes: [.init("platform_data", "a{sv}")], gives: [.init("way", "s")])
    case .setMuted: BusMethod(rawValue, for: .identified, takes: [.init("muted", "b")])
    case .setOnHold: BusMethod(rawValue, for: .identified, takes: [.init("on_hold", "b")])
    case .sendDtmf: BusMethod(rawValue, for: .identified, takes: [.init("digits", "s")])
    // Through no other account than the call's own, which a sandbox may only have where it may use it.
    case .transfer: BusMethod(rawValue, for: .identified, takes: [.init("target", "s")])
    case .transferTo: BusMethod(rawValue, for: .identified, takes: [.init("session", "o")])
    case .answerTransfer:
      BusMethod(
        rawValue, for: .identified, takes: [.init("accept", "b"), .init("request", "s")],
        gives: [.init("session", "o")])
    case .setAudio:
      BusMethod(
        rawValue, for: .unconfined(because: SandboxRule.devicesAreTheUsers), takes: [.init("devices", "a{sv}")])
    case .startRecording:
      BusMethod(
        rawValue, for: .unconfined(because: "the file would be written outside of the sandbox"),
        takes: [.init("file", "s")])
    case .stopRecording:
      BusMethod(rawValue, for: .unconfined(because: "the recording is the user's, and so is its end"))
    // Of what it says, the same is asked as of any other.
    case .setNotification: BusMethod(rawValue, for: .identified, takes: [.init("notification", "a{sv}")])
    case .setName: BusMethod(rawValue, for: .identified, takes: [.init("name", "s")])
    case .attachTerminal: BusMethod(rawValue, for: .identified, gives: [.init("viewer", "h")])
    case .sendKeys: BusMethod(rawValue, for: .identified, takes: [.init("text", "s")])
    }
  }
}

package enum SessionSignal {
  package static let event = BusSignalKind(
    "Event", gives: [.init("sequence", "t"), .init("time", "t"), .init("name", "s"), .init("details", "a{sv}")])
}

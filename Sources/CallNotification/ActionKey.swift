// SPDX-License-Identifier: Apache-2.0

/// The key of a notification's action. It also names the session, so that a button works even if a daemon posted it and
/// died before it learned the notification's id.
public enum ActionKey: Sendable, Equatable {
  /// A click. The specification fixes its key, so it cannot name a session.
  case tap
  case `return`(session: String)
  case hangUp(session: String)
  case mute(session: String)
  case unmute(session: String)
  /// The session has ended.
  case callAgain(session: String)
  /// Calls whom the far end asks the user to call instead. The key names the request: there may be another by then.
  case transfer(session: String, request: String)
  case declineTransfer(session: String, request: String)
  /// Places a call that somebody suggests, or does not.
  case call(offer: String)
  case doNotCall(offer: String)
  case custom(String, session: String)

  private static let customPrefix = "app-"
  private static let transferPrefix = "transfer-"
  private static let declinePrefix = "decline-transfer-"

  public var text: String {
    switch self {
    case .tap: "default"
    case .return(let session): "return.\(session)"
    case .hangUp(let session): "hang-up.\(session)"
    case .mute(let session): "mute.\(session)"
    case .unmute(let session): "unmute.\(session)"
    case .callAgain(let session): "call-again.\(session)"
    case .transfer(let session, let request): "\(Self.transferPrefix)\(request).\(session)"
    case .declineTransfer(let session, let request): "\(Self.declinePrefix)\(request).\(session)"
    case .call(let offer): "call.\(offer)"
    case .doNotCall(let offer): "do-not-call.\(offer)"
    case .custom(let key, let session): "\(Self.customPrefix)\(key).\(session)"
    }
  }

  public init?(_ text: String) {
    if text == "default" {
      self = .tap
      return
    }
    guard let dot = text.lastIndex(of: ".") else { return nil }
    let session = String(text[text.index(after: dot)...])
    switch text[..<dot] {
    case "return": self = .return(session: session)
    case "hang-up": self = .hangUp(session: session)
    case "mute": self = .mute(session: session)
    case "unmute": self = .unmute(session: session)
    case "call-again": self = .callAgain(session: session)
    case let name where name.hasPrefix(Self.transferPrefix):
      self = .transfer(session: session, request: String(name.dropFirst(Self.transferPrefix.count)))
    case let name where name.hasPrefix(Self.declinePrefix):
      self = .declineTransfer(session: session, request: String(name.dropFirst(Self.declinePrefix.count)))
    case "call": self = .call(offer: session)
    case "do-not-call": self = .doNotCall(offer: session)
    case let name where name.hasPrefix(Self.customPrefix):
      self = .custom(String(name.dropFirst(Self.customPrefix.count)), session: session)
    default: return nil
    }
  }

  public var session: String? {
    switch self {
    case .tap, .call, .doNotCall: nil
    case .return(let session), .hangUp(let session), .mute(let session), .unmute(let session),
      .callAgain(let session), .transfer(let session, _), .declineTransfer(let session, _):
      session
    case .custom(_, let session): session
    }
  }
}

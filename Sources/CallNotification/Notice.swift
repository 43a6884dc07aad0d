// SPDX-License-Identifier: Apache-2.0
import CallModel

/// A message about a call besides its ongoing notification, which stays only until the user has seen it.
public struct Notice: Sendable, Equatable {
  /// The call: its id, its title, and who may read that.
  public struct Call: Sendable, Equatable {
    public var id: String
    public var title: String
    public var visibility: Visibility

    public init(id: String, title: String, visibility: Visibility = .private) {
      self.id = id
      self.title = title
      self.visibility = visibility
    }
  }

  public enum Matter: Sendable, Equatable {
    /// - Parameters:
    ///   - seconds: how long it was joined; nil if it never was.
    ///   - command: the command that calls again in a terminal, for servers without buttons.
    case end(CallEnding, EndReason, seconds: UInt64?, command: String?)
    /// The far end asks the user to call somebody else instead.
    ///
    /// - Parameters:
    ///   - accept: the command that does so, for servers without buttons.
    ///   - decline: the command that does not.
    case transfer(to: String, request: String, accept: String, decline: String)
    /// Somebody suggests a call, of which the title says whom it calls.
    ///
    /// - Parameters:
    ///   - account: through which it goes; nil is none.
    ///   - application: in a sandbox, which suggests it; nil is a program of the user's.
    ///   - milliseconds: how long the user is asked.
    case offer(account: String?, application: String?, milliseconds: Int32)
    case cannotCall(problem: String)
    case cannotReturn(problem: String)
    case cannotTransfer(problem: String)
    case cannotCallAgain(problem: String)
  }

  public var call: Call
  public var matter: Matter

  public init(_ call: Call, _ matter: Matter) { (self.call, self.matter) = (call, matter) }

  public func content(for server: ServerTraits, _ phrases: Phrases) -> NotificationContent {
    let summary = summary(phrases)
    let lines = lines(for: server, phrases)
    let body = lines.joined(separator: "\n")
    return NotificationContent(
      summary: server.showsBody ? summary : summary + " · " + lines.joined(separator: " · "),
      body: server.showsBody ? (server.readsMarkup ? Markup.escape(body) : body) : "",
      icon: icon,
      actions: server.showsActions ? actions(phrases) : [],
      urgency: (isWanted ? Importance.low : .default).urgency,
      category: isEnd ? "call.ended" : "call",
      privacyScope: call.visibility.privacyScope,
      isResident: false,
      isTransient: isPassing,
      expires: !stays,
      lifetime: lifetime,
      playsSound: playsSound,
      tag: "ongoingcall-\(tag)-\(call.id)",
      call: call.id,
      isOngoing: false)
  }

  /// The user has just done it.
  private var isWanted: Bool { if case .end(.ended, _, _, _) = matter { true } else { false } }

  private var lifetime: Int32? { if case .offer(_, _, let milliseconds) = matter { milliseconds } else { nil } }

  private var isEnd: Bool { if case .end = matter { true } else { false } }

  private var icon: String {
    switch matter {
    case .end: "call-stop"
    case .transfer, .offer: "call-start"
    case .cannotCall, .cannotReturn, .cannotTransfer, .cannotCallAgain: "dialog-warning"
    }
  }

  private var tag: String {
    switch matter {
    case .end: "end"
    case .transfer: "transfer"
    case .offer: "offer"
    case .cannotCall, .cannotReturn, .cannotTransfer, .cannotCallAgain: "problem"
    }
  }

  private func actions(_ phrases: Phrases) -> [NotificationContent.Action] {
    if case .transfer(_, let request, _, _) = matter {
      return [
        .init(key: .transfer(session: call.id, request: request), label: phrases.transfer),
        .init(key: .declineTransfer(session: call.id, request: request), label: phrases.decline),
      ]
    }
    if case .offer = matter {
      return [
        .init(key: .call(offer: call.id), label: phrases.call),
        .init(key: .doNotCall(offer: call.id), label: phrases.doNotCall),
      ]
    }
    return callsAgain ? [.init(key: .callAgain(session: call.id), label: phrases.callAgain)] : []
  }

  /// Nothing is lost if nobody sees it.
  private var isPassing: Bool {
    switch matter {
    case .end(.ended, _, _, _), .offer, .cannotCall, .cannotReturn, .cannotTransfer, .cannotCallAgain: true
    case .end, .transfer: false
    }
  }

  /// It stays for a user who was away.
  private var stays: Bool {
    switch matter {
    case .end(.dropped, _, _, _), .end(.failed, _, _, _), .transfer: true
    default: false
    }
  }

  /// A user who waits for a call to be answered sees or hears that it is not.
  private var playsSound: Bool { if case .end(.failed, _, _, _) = matter { false } else { stays } }

  /// A call that did not end normally can be placed again.
  private var callsAgain: Bool {
    guard case .end(let ending, _, _, _) = matter else { return false }
    return ending != .ended
  }

  private func summary(_ phrases: Phrases) -> String {
    switch matter {
    case .end(.ended, _, _, _): phrases.about(call.title, phrases.callEnded)
    case .end(.dropped, _, _, _): phrases.about(call.title, phrases.callDropped)
    case .end(.failed, _, _, _): phrases.about(call.title, phrases.callFailed)
    case .transfer: phrases.transferRequested
    case .offer: phrases.callOffered
    case .cannotCall: phrases.cannotCall
    case .cannotReturn: phrases.cannotReturn
    case .cannotTransfer: phrases.cannotTransfer
    case .cannotCallAgain: phrases.cannotCallAgain
    }
  }

  private func lines(for server: ServerTraits, _ phrases: Phrases) -> [String] {
    var lines: [String] = if case .end = matter { [] } else { [call.title] }
    switch matter {
    case .transfer(let address, _, let accept, let decline):
      lines.append(phrases.asksToCall(ShownText.line(address, bytes: ShownText.summaryBytes)))
      if !server.showsActions { lines += [phrases.howToTransfer(accept), phrases.howToDecline(decline)] }
    case .offer(let account, let application, _):
      lines.append(
        account.map { phrases.callsThrough(ShownText.line($0, bytes: ShownText.summaryBytes)) } ?? phrases.callsDirectly
      )
      if let application {
        lines.append(phrases.asksForCall(ShownText.line(application, bytes: ShownText.summaryBytes)))
      }
    case .cannotCall(let problem), .cannotReturn(let problem), .cannotTransfer(let problem),
      .cannotCallAgain(let problem):
      lines.append(problem)
    case .end(_, let reason, let seconds, let command):
      lines.append(phrases.why(reason))
      if let seconds { lines.append(phrases.lasted("\(ElapsedTime(seconds: seconds))")) }
      if callsAgain, !server.showsActions, let command { lines.append(phrases.howToCallAgain(command)) }
    }
    return lines
  }
}

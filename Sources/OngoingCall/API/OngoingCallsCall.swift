// SPDX-License-Identifier: Apache-2.0
package import CallModel

extension OngoingCalls {
  /// A call, at one time.
  public struct Call: Sendable, Hashable, Identifiable {
    /// The state of a call.
    public enum State: Sendable, Hashable {
      /// Being placed, and not answered yet.
      case launching
      /// The call is up.
      case joined
      /// The connection is lost and may be restored.
      case reconnecting
      /// The call is ending.
      case leaving
      /// The call has ended.
      case ended
      /// A state that this version does not know, by its name in the D-Bus API. The call has not ended.
      case other(String)
    }

    /// What ``OngoingCalls`` and `ongoingcallctl` know it by.
    public let id: String
    /// The title that the call was launched with; by default the address, or the program's name. It is as it came: to show
    /// it, use ``displayName`` or ``CallText/line(_:limit:)``.
    public var title = ""
    /// What the user calls it in place of its id, or nil.
    public var name: String?
    /// The id of the application to which it belongs, or nil.
    public var applicationID: String?
    /// The address that was called, or nil if the call is a program or an adopted process.
    public var address: String?
    /// The ``Account/id`` of the account that it goes through, or nil.
    public var account: String?
    /// The name of the engine that carries it; nil if it is an adopted process.
    public var engine: String?
    /// The systemd user unit in which it runs, or nil.
    public var unit: String?
    /// The program that the call runs, and its arguments; empty if it runs none.
    public var command: [String] = []
    /// Whether that program has a terminal, which `ongoingcallctl attach` shows.
    public var hasTerminal = false
    /// How many terminals are attached to it; nil if it has none, or this is not known.
    public var viewers: Int?
    /// The process of that program, or the adopted one; nil if there is none, or it is not known.
    public var process: Int?
    /// Whether the call is an adopted process (``CallContext/Mode/adopt``).
    public var isAdopted = false

    /// The state.
    public var state = State.joined
    /// Whether the far end rings. Only while it is being placed.
    public var isRinging = false
    /// How it ended; nil if it has not.
    public var end: CallSession.End?
    /// Whether the microphone is off.
    public var isMuted = false
    /// Whether the far end is on hold.
    public var isOnHold = false
    /// The file to which it is being recorded, or nil.
    public var recording: String?
    /// When it was launched: microseconds since 1970-01-01 00:00 UTC.
    public var launchTime: UInt64 = 0
    /// When it was joined, in the same unit; nil if it was not, or not yet.
    public var joinTime: UInt64?
    /// How long it has been joined at the time of the snapshot, the machine's sleep included; until its end if it has
    /// ended.
    public var duration: Duration = .zero
    /// Whether it goes on after the user's last logout; nil if this is not known.
    public var survivesLogout: Bool?

    /// How it sounds; nil if its engine does not say, or not yet.
    public var sound: Sound?
    /// Whom it is with, as the server of its account says, or nil: see ``CallSession/connectedTo()``. It is as it came.
    public var connectedTo: String?
    /// The address that the far end asks the user to call instead, or nil:
    /// ``OngoingCalls/answerTransfer(of:to:accepting:)``. It is as it came.
    public var transferRequest: String?

    /// Creates a joined call of which nothing else is known, as for a test of an app.
    public init(id: String) { self.id = id }
  }
}

extension OngoingCalls.Call {
  /// What to call it, on one line: its title if it was given one; else its name; else whom or what it calls, or its id.
  public var displayName: String {
    let program = command.first.map(CommandText.name(of:))
    guard title.isEmpty || title == address || title == program else { return CallText.line(title) }
    return name.map { CallText.line($0) } ?? displayAddress ?? program.map { CallText.line($0) } ?? id
  }

  /// Whom it calls, on one line and without what only programs need: `standup@example.org`. Nil if it calls nobody.
  public var displayAddress: String? { address.map(CallText.address) }

  /// Whether it has ended.
  public var hasEnded: Bool { state == .ended }

  /// - Parameter isRinging: whether the far end has rung.
  package init(_ info: SessionInfo, isRinging: Bool = false) {
    func given(_ text: String) -> String? { text.isEmpty ? nil : text }
    self.init(id: info.id)
    (title, name, applicationID) = (info.title, given(info.name), given(info.applicationID))
    (address, account) = (given(info.uri), given(info.account))
    (engine, unit) = (given(info.engine), given(info.unit))
    (command, hasTerminal, isAdopted) = (info.command, info.terminal, info.adopted)
    (viewers, process) = (info.program?.viewers, info.program?.process)
    state = State(info.state)
    self.isRinging = isRinging && state == .launching
    if hasEnded {
      end = CallSession.End(
        reason: .init(rawValue: info.endReason), detail: info.endDetail, exitStatus: info.program?.exitStatus)
    }
    (isMuted, isOnHold, recording) = (info.muted, info.onHold, given(info.recording))
    launchTime = info.launchedAt
    if info.hasJoined { joinTime = info.joinedAt }
    duration = .microseconds(Int64(clamping: info.duration))
    survivesLogout = info.survivesLogout
    sound = info.media.map(OngoingCalls.Sound.init)
    (connectedTo, transferRequest) = (given(info.connectedTo), given(info.transferRequest))
  }
}

extension OngoingCalls.Call.State {
  init(_ name: String) {
    self =
      switch SessionState(rawValue: name) {
      case .launching: .launching
      case .joined: .joined
      case .reconnecting: .reconnecting
      case .leaving: .leaving
      case .ended: .ended
      case nil: .other(name)
      }
  }
}

// SPDX-License-Identifier: GPL-3.0-or-later
#if SIP
  /// What the telephone line says of the call.
  enum LineEvent: Equatable {
    case ringing
    /// Answered; with what is needed to take it up again.
    case answered(ResumeTicket?)
    /// Media runs, or runs again.
    case running
    /// The far end agreed to be on hold.
    case paused
    case heldByFarEnd
    /// liblinphone took its own connections down, or up again.
    case network(reachable: Bool)
    case path(NetworkPath.Change)
    /// There is no way to the far end at all.
    case notPlaced(String)
    case ended(CallEnding)
    /// Nothing more is to come; with BYE or CANCEL, the far end has confirmed it.
    case released
    /// The far end's answer on the dialog of the process before.
    case oldDialog(OldDialog.Answer)

    var isEnd: Bool {
      switch self {
      case .ended, .released: true
      default: false
      }
    }
  }
#endif

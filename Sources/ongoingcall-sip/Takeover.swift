// SPDX-License-Identifier: GPL-3.0-or-later
#if SIP
  import CallSession

  /// A call of another process is taken up again: in the place of its dialog, or else by ending that and calling anew.
  struct Takeover {
    enum Stage {
      /// INVITE with Replaces is under way.
      case replacing
      /// A far end that knows Replaces need not ring; it may for a moment.
      case ringing(until: Int64)
      /// There is no way to the far end.
      case waiting(until: Int64)
      /// It did not let its dialog be replaced; BYE is under way.
      case ending(until: Int64)
      /// From scratch.
      case calling
    }

    static let ringBound: Int64 = 1000
    static let farewellBound: Int64 = 1500
    static let pause: Int64 = 2000
    /// The daemon gives up earlier.
    static let patience: Int64 = 300_000

    let ticket: ResumeTicket
    let deadline: Int64
    var stage = Stage.replacing

    init(of ticket: ResumeTicket, at now: Int64) {
      self.ticket = ticket
      deadline = now + Self.patience
    }

    mutating func rings(at now: Int64) {
      if case .replacing = stage { stage = .ringing(until: now + Self.ringBound) }
    }
  }

  extension CallControl {
    mutating func ended(_ takeover: Takeover, _ ending: CallEnding, at now: Int64) -> [Effect] {
      switch takeover.stage {
      case .replacing, .ringing:
        switch ending.trouble {
        case .closed: return end(.network, ending.detail, at: now)
        case .transport, .noReply: return wait(at: now)
        case nil:
          self.takeover?.stage = .ending(until: now + Takeover.farewellBound)
          return bidFarewell(takeover.ticket)
        }
      case .calling: return end(ending.reasonOfCallingAgain, ending.detail, at: now)
      // What is left of the call that was refused.
      case .waiting, .ending: return []
      }
    }

    mutating func notPlaced(_ takeover: Takeover, _ detail: String, at now: Int64) -> [Effect] {
      if case .calling = takeover.stage { return end(.network, detail, at: now) }
      return wait(at: now)
    }

    mutating func farewell(_ outcome: Farewell.Outcome, at now: Int64) -> [Effect] {
      isFarewellOut = false
      guard case .ending = takeover?.stage else { return [] }
      if outcome == .unknown {
        return end(.removed, "the far end ended the call while the engine was away", at: now)
      }
      return callAnew()
    }

    /// The far end must not be left with a call that nobody is in, whatever stage this one is in.
    mutating func leave(_ takeover: Takeover) -> [Effect] {
      switch takeover.stage {
      case .replacing, .ringing: return [.hangUp] + bidFarewell(takeover.ticket)
      case .waiting:
        isLineReleased = true
        return bidFarewell(takeover.ticket)
      case .ending:
        isLineReleased = true
        return []
      case .calling: return [.hangUp]
      }
    }

    mutating func continueTakeover(at now: Int64) -> [Effect] {
      switch takeover?.stage {
      case .waiting(let until):
        guard let takeover, now < takeover.deadline else {
          return end(.network, "there was no way to the far end", at: now)
        }
        return now >= until ? tryAgain(takeover) : []
      case .ending(let until): return now >= until ? callAnew() : []
      case .ringing(let until):
        guard let takeover, now >= until else { return [] }
        // So it is a call beside the old one, and may go on.
        self.takeover?.stage = .calling
        return bidFarewell(takeover.ticket)
      case .replacing, .calling, nil: return []
      }
    }

    /// There is a way to the far end again.
    mutating func tryAgainNow(at now: Int64) -> [Effect] {
      guard let takeover, case .waiting = takeover.stage else { return [] }
      return tryAgain(takeover)
    }

    private mutating func tryAgain(_ takeover: Takeover) -> [Effect] {
      self.takeover?.stage = .replacing
      return [.placeAgain(takeover.ticket)]
    }

    private mutating func wait(at now: Int64) -> [Effect] {
      takeover?.stage = .waiting(until: now + Takeover.pause)
      return []
    }

    private mutating func callAnew() -> [Effect] {
      takeover?.stage = .calling
      return [.placeAgain(nil)]
    }

    private mutating func bidFarewell(_ ticket: ResumeTicket) -> [Effect] {
      isFarewellOut = true
      return [.bidFarewell(ticket)]
    }
  }
#endif

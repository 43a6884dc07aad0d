// SPDX-License-Identifier: GPL-3.0-or-later
#if SIP
  import CallLife

  /// A call of another process is taken up again: in the place of its dialog, or else by ending that and calling anew.
  struct Takeover {
    enum Stage {
      /// Whether the far end still has the call: without it, some take INVITE with Replaces for a new one, and ring.
      case asking(until: Int64)
      /// INVITE with Replaces is under way; one that a far end which is there does not answer is as good as refused.
      case replacing(until: Int64?)
      /// A far end that knows Replaces need not ring; it may for a moment.
      case ringing(until: Int64)
      /// There is no way to the far end.
      case waiting(until: Int64)
      /// It did not let its dialog be replaced; BYE is under way.
      case ending(until: Int64)
      /// It was about to hang up; BYE makes sure.
      case parting(until: Int64)
      /// From scratch.
      case calling
    }

    /// Not every far end answers such a question.
    static let answerBound: Int64 = 400
    static let replaceBound: Int64 = 3000
    static let ringBound: Int64 = 1000
    static let farewellBound: Int64 = 1500
    static let pause: Int64 = 2000
    /// The daemon gives up earlier.
    static let patience: Int64 = 300_000

    let ticket: ResumeTicket
    let deadline: Int64
    var stage: Stage

    init(of ticket: ResumeTicket, at now: Int64) {
      self.ticket = ticket
      stage = .asking(until: now + Self.answerBound)
      deadline = now + Self.patience
    }

    mutating func rings(at now: Int64) {
      if case .replacing = stage { stage = .ringing(until: now + Self.ringBound) }
    }
  }

  extension CallControl {
    mutating func takeUp(_ ticket: ResumeTicket, at now: Int64) -> [Effect] {
      takeover = Takeover(of: ticket, at: now)
      return [.old(.ask, ticket)]
    }

    mutating func ended(_ takeover: Takeover, _ ending: CallEnding, at now: Int64) -> [Effect] {
      switch takeover.stage {
      case .replacing, .ringing:
        switch ending.trouble {
        case .closed: return end(.network, ending.detail, at: now)
        case .transport, .noReply: return wait(at: now)
        case nil: return endOld(takeover, at: now)
        }
      case .calling: return end(ending.reasonOfCallingAgain, ending.detail, at: now)
      // What is left of the call that was refused.
      case .asking, .waiting, .ending, .parting: return []
      }
    }

    mutating func notPlaced(_ takeover: Takeover, _ detail: String, at now: Int64) -> [Effect] {
      if case .calling = takeover.stage { return end(.network, detail, at: now) }
      return wait(at: now)
    }

    mutating func oldDialog(_ answer: OldDialog.Answer, at now: Int64) -> [Effect] {
      if answer.request == .end { isFarewellOut = false }
      switch (takeover?.stage, answer.request, answer.outcome) {
      case (.asking, .ask, .unknown), (.ending, .end, .unknown), (.parting, .end, _): return endRemoved(at: now)
      case (.asking, .ask, .busy):
        guard let takeover else { return [] }
        self.takeover?.stage = .parting(until: now + Takeover.farewellBound)
        return bidFarewell(takeover.ticket)
      case (.asking, .ask, .confirmed): return replace(until: now + Takeover.replaceBound)
      case (.asking, .ask, .failed): return replace(until: nil)
      case (.ending, .end, _): return callAnew()
      default: return []
      }
    }

    private mutating func endRemoved(at now: Int64) -> [Effect] {
      end(.removed, "the far end ended the call while the engine was away", at: now) + [.exit]
    }

    private mutating func endOld(_ takeover: Takeover, at now: Int64) -> [Effect] {
      self.takeover?.stage = .ending(until: now + Takeover.farewellBound)
      return bidFarewell(takeover.ticket)
    }

    /// The far end must not be left with a call that nobody is in, whatever stage this one is in.
    mutating func leave(_ takeover: Takeover) -> [Effect] {
      switch takeover.stage {
      case .replacing, .ringing: return [.hangUp] + bidFarewell(takeover.ticket)
      case .asking, .waiting:
        isLineReleased = true
        return bidFarewell(takeover.ticket)
      case .ending, .parting:
        isLineReleased = true
        return []
      case .calling: return [.hangUp]
      }
    }

    mutating func continueTakeover(at now: Int64) -> [Effect] {
      switch takeover?.stage {
      case .asking(let until): return now >= until ? replace(until: nil) : []
      case .replacing(.some(let until)):
        guard let takeover, now >= until else { return [] }
        return [.hangUp] + endOld(takeover, at: now)
      case .waiting(let until):
        guard let takeover, now < takeover.deadline else {
          return end(.network, "there was no way to the far end", at: now)
        }
        return now >= until ? tryAgain(takeover, at: now) : []
      case .ending(let until): return now >= until ? callAnew() : []
      case .parting(let until): return now >= until ? endRemoved(at: now) : []
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
      return tryAgain(takeover, at: now)
    }

    private mutating func tryAgain(_ takeover: Takeover, at now: Int64) -> [Effect] {
      self.takeover?.stage = .asking(until: now + Takeover.answerBound)
      return [.old(.ask, takeover.ticket)]
    }

    private mutating func replace(until bound: Int64?) -> [Effect] {
      takeover?.stage = .replacing(until: bound)
      return [.place(takeover?.ticket)]
    }

    private mutating func wait(at now: Int64) -> [Effect] {
      takeover?.stage = .waiting(until: now + Takeover.pause)
      return []
    }

    private mutating func callAnew() -> [Effect] {
      takeover?.stage = .calling
      return [.place(nil)]
    }

    private mutating func bidFarewell(_ ticket: ResumeTicket) -> [Effect] {
      isFarewellOut = true
      return [.old(.end, ticket)]
    }
  }
#endif

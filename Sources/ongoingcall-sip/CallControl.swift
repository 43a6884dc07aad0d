// SPDX-License-Identifier: GPL-3.0-or-later
#if SIP
  import CallLife
  import EngineChannel

  /// One call, from the daemon's requests on one side and the line's events on the other. It does no I/O: what is to
  /// be done comes out as effects, in order. Times are milliseconds of one monotonic clock.
  struct CallControl {
    enum Effect {
      case send(EngineMessage)
      /// Gets liblinphone ready for a call, which takes a while.
      case open(CallSettings, muted: Bool)
      /// Without a ticket, from scratch; again, where there was one before.
      case place(ResumeTicket?)
      case old(OldDialog.Request, ResumeTicket)
      case hangUp
      case mute(Bool)
      case hold(Bool)
      case dial(String)
      /// To look at the path to the far end, and to say what has changed.
      case look
      case network(reachable: Bool)
      case exit
    }

    enum Phase {
      case idle
      case placing
      case joined
      case leaving(EndReason, until: Int64)
      /// Its end is reported; the line gets the time to confirm the far end's.
      case over(until: Int64)

      var isCall: Bool {
        switch self {
        case .placing, .joined: true
        case .idle, .leaving, .over: false
        }
      }
    }

    /// The longest that BYE or CANCEL waits for its confirmation.
    static let leaveBound: Int64 = 2000
    static let lastWords: Int64 = 500
    /// RTCP comes every five seconds, whatever the sound.
    static let silenceBound: Int64 = 12_000
    /// A far end that is there sends its packets even where it has nothing to say.
    static let aloneBound: Int64 = 5000
    static let holdBound: Int64 = 5000
    /// What liblinphone sends while the network still comes and goes is lost, and it does not try again.
    static let firstRepairPause: Int64 = 1000
    static let longestRepairPause: Int64 = 8000
    /// Packets that were on their way when the connection broke do not say that it is back.
    static let stragglers: UInt64 = 10
    /// One fault of a network is many changes to its links, addresses and routes.
    static let lookPause: Int64 = 200

    var phase = Phase.idle
    var state = EngineReport.State.connecting
    var muted = false
    var held = false
    private var alone = false
    var resume: ResumeTicket?
    private var isResuming = false
    private var reported: EngineMessage?
    /// While a call is taken up again.
    var takeover: Takeover?
    var isFarewellOut = false
    var isLineReleased = false

    private var watch = MediaWatch()
    private var nextCounters: Int64 = 0
    private var isReachable = true
    /// What had been heard when the connection broke; more than this, and it is back.
    private var heardBeforeLoss: UInt64 = 0
    private var isHeldByFarEnd = false

    private var nextRepair: Int64 = 0
    private var repairPause = Self.firstRepairPause

    private var isWithinMachine = false
    private var nextLook: Int64 = 0
    private var looksAgain = false

    private var wantsHeld = false
    private var holdUnderWay: (held: Bool, until: Int64)?
    /// What is wanted could not be said, or got lost: it is, when the network is back.
    private var isHoldOverdue = false
    /// The call was on hold in the process before: nothing is heard of this end until it is so again.
    private var isHushed = false
    /// On hold again, its microphone stays off until it is taken back: the sound stops a moment after the far end's answer.
    private var staysQuiet = false

    /// Whether the far end has been heard of since the call was placed.
    var isUnheard: Bool { if case .placing = phase { state == firstState } else { false } }

    private var firstState: EngineReport.State { isResuming ? .reconnecting(.engineCrash) : .connecting }

    private var message: EngineMessage {
      var ticket = resume
      // While it is taken up again, what it was before still counts.
      if takeover == nil { ticket?.rest = held || isHushed ? .here : isHeldByFarEnd ? .there : .none }
      return .state(
        EngineReport(state, muted: muted, onHold: held || isHushed, alone: alone), resume: ticket?.text)
    }

    /// The state's message, where it says something new.
    mutating func report() -> [Effect] {
      let news = message
      guard news != reported else { return [] }
      reported = news
      return [.send(news)]
    }
  }

  // MARK: - The daemon

  extension CallControl {
    mutating func handle(_ request: EngineRequest, at now: Int64) -> [Effect] {
      switch request {
      case .hello(let hello):
        guard hello.version != EngineProtocol.version else { return [] }
        return error(
          .invalid, "hello", "this engine speaks version \(EngineProtocol.version), not \(hello.version)")
      case .join(let join): return place(join, at: now)
      case .leave: return leave(.hungUp, at: now)
      case .setMuted(let muted):
        self.muted = muted
        return (isHushed || staysQuiet ? [] : [.mute(muted)]) + report()
      case .setHeld(let held): return setHeld(held, at: now)
      case .sendDtmf(let digits): return dial(digits)
      // What matters is this call's path, whatever else the machine can reach.
      case .network: return look(at: now)
      case .ping(let serial): return [.send(.pong(serial))]
      case .report:
        reported = message
        return [.send(message)]
      case .attach: return error(.unsupported, "attach", "the sip engine has no terminal")
      case .setAudio, .startRecording, .stopRecording:
        return error(.unsupported, request.type, "the sip engine does not know the request “\(request.type)”")
      case .unknown(let type):
        return error(.unsupported, type, "the sip engine does not know the request “\(type)”")
      }
    }

    /// Leaves the call gracefully; once, whatever asks for it again.
    mutating func leave(_ reason: EndReason, at now: Int64) -> [Effect] {
      switch phase {
      case .idle: return end(reason, "", at: now) + [.exit]
      case .placing, .joined:
        phase = .leaving(reason, until: now + Self.leaveBound)
        return takeover.map { leave($0) } ?? [.hangUp]
      case .leaving, .over: return []
      }
    }

    private mutating func place(_ join: EngineRequest.Join, at now: Int64) -> [Effect] {
      guard case .idle = phase else { return error(.invalid, "join", "this engine has a call already") }
      do {
        let settings = try CallSettings(join)
        phase = .placing
        muted = join.muted
        resume = settings.resume
        isResuming = resume != nil
        isHushed = resume.map { join.held ?? ($0.rest == .here) } ?? false
        isWithinMachine = settings.isLocal
        state = firstState
        let open = Effect.open(settings, muted: muted || isHushed)
        guard let resume else { return report() + [open, .place(nil)] }
        // The answer comes while liblinphone gets ready.
        return report() + takeUp(resume, at: now) + [open]
      } catch {
        return fail("\(error)")
      }
    }

    /// Ends what could not even be begun.
    mutating func fail(_ detail: String, as reason: EndReason = .engineFailed) -> [Effect] {
      end(reason, detail, at: 0) + [.exit]
    }

    private mutating func setHeld(_ held: Bool, at now: Int64) -> [Effect] {
      guard case .joined = phase else { return error(.failed, "set-held", "the call is not joined") }
      wantsHeld = held
      isHoldOverdue = !isReachable
      return adjustHold(at: now)
    }

    private func dial(_ digits: String) -> [Effect] {
      let isDialable = !digits.isEmpty && digits.allSatisfy { "0123456789ABCDabcd*#".contains($0) }
      guard isDialable, digits.utf8.count <= 64 else {
        return error(.invalid, "send-dtmf", "“\(digits)” is not 1 to 64 of the digits 0-9, A-D, * and #")
      }
      guard case .joined = phase else { return error(.failed, "send-dtmf", "the call is not joined") }
      return [.dial(digits.uppercased())]
    }

    private func error(_ code: EngineError.Code, _ request: String, _ message: String) -> [Effect] {
      [.send(.error(EngineError(code, request: request, message: message)))]
    }
  }

  // MARK: - The line

  extension CallControl {
    mutating func handle(_ event: LineEvent, at now: Int64) -> [Effect] {
      switch (event, phase) {
      case (.released, .leaving(let reason, _)):
        isLineReleased = true
        return isFarewellOut ? [] : end(reason, "", at: now) + [.exit]
      case (.oldDialog(let answer), .leaving(let reason, _)):
        guard answer.request == .end else { return [] }
        isFarewellOut = false
        return isLineReleased ? end(reason, "", at: now) + [.exit] : []
      case (.released, .over): return [.exit]
      case (.released, _): return []
      case (_, .leaving), (_, .over), (_, .idle): return []
      case (.notPlaced(let detail), .placing):
        if let takeover { return notPlaced(takeover, detail, at: now) }
        return fail(detail, as: .unreachable)
      case (.notPlaced, _): return []
      case (.ended(let ending), .placing):
        if let takeover { return ended(takeover, ending, at: now) }
        return end(ending.reasonBeforeAnswer, ending.detail, at: now)
      case (.ended(let ending), .joined): return end(ending.reasonAfterAnswer, ending.detail, at: now)
      case (.oldDialog(let answer), _): return oldDialog(answer, at: now)
      case (.path(let change), _): return path(change, at: now)
      case (.ringing, _):
        if isResuming { takeover?.rings(at: now) } else { state = .ringing }
        return report()
      case (.answered(let ticket), _):
        resume = ticket
        return []
      case (.running, _), (.paused, _), (.heldByFarEnd, _): return running(event, at: now)
      case (.network(let reachable), _): return network(reachable: reachable, at: now)
      }
    }

    private mutating func running(_ event: LineEvent, at now: Int64) -> [Effect] {
      if case .placing = phase {
        phase = .joined
        takeover = nil
        nextCounters = now
      }
      watch.forgetSilence(at: now)
      held = event == .paused
      isHeldByFarEnd = event == .heldByFarEnd
      if isHushed, !held {
        // Said again, or not agreed to: then nothing is heard until the hold's time is up.
        guard holdUnderWay == nil else { return [] }
        wantsHeld = true
        return adjustHold(at: now)
      }
      // A reply to INVITE has come, so the far end is there.
      state = isReachable ? .joined : state
      var effects = endHush() + endQuiet()
      if isHoldOverdue {
        isHoldOverdue = false
      } else if let underWay = holdUnderWay {
        holdUnderWay = nil
        if underWay.held != held {
          wantsHeld = held
          effects += error(.failed, "set-held", "the far end did not agree")
        }
      } else {
        wantsHeld = held
      }
      noticeCompany(at: now)
      return effects + report() + adjustHold(at: now)
    }

    private mutating func endHush() -> [Effect] {
      guard isHushed else { return [] }
      isHushed = false
      staysQuiet = held
      return held ? [] : [.mute(muted)]
    }

    private mutating func endQuiet() -> [Effect] {
      guard staysQuiet, !held else { return [] }
      staysQuiet = false
      return [.mute(muted)]
    }

    /// Nobody else is in the call where the far end has this one on hold, or has stopped sending.
    private mutating func noticeCompany(at now: Int64) {
      let isGone = isHeldByFarEnd || watch.soundlessness(at: now) >= Self.aloneBound
      alone = state == .joined && !held && isGone
    }

    private mutating func network(reachable: Bool, at now: Int64) -> [Effect] {
      isReachable = reachable
      nextRepair = now + repairPause
      guard case .joined = phase else { return [] }
      if !reachable {
        state = .reconnecting(.network)
        isHoldOverdue = isHoldOverdue || holdUnderWay != nil
        holdUnderWay = nil
      }
      alone = false
      heardBeforeLoss = watch.heard
      return report()
    }

    private mutating func path(_ change: NetworkPath.Change, at now: Int64) -> [Effect] {
      switch change {
      case .none: []
      case .lost: [.network(reachable: false)]
      // liblinphone takes up what it had, and repairs the call, only after the network was away.
      case .moved: [.network(reachable: false), .network(reachable: true)] + tryAgainNow(at: now)
      case .found: [.network(reachable: true)] + tryAgainNow(at: now)
      }
    }

    /// The first look is at once; those asked for within a pause after it are one, at its end.
    private mutating func look(at now: Int64) -> [Effect] {
      guard !isWithinMachine, phase.isCall else { return [] }
      guard now >= nextLook else {
        looksAgain = true
        return []
      }
      looksAgain = false
      nextLook = now + Self.lookPause
      return [.look]
    }

    private mutating func adjustHold(at now: Int64) -> [Effect] {
      guard case .joined = phase, isReachable, holdUnderWay == nil, wantsHeld != held else { return [] }
      holdUnderWay = (wantsHeld, now + Self.holdBound)
      return [.hold(wantsHeld)]
    }

    /// The line is renegotiating something else; when that is over, it is tried again.
    mutating func holdNotStarted() { holdUnderWay = nil }

    mutating func end(_ reason: EndReason, _ detail: String, at now: Int64) -> [Effect] {
      alone = false
      phase = .over(until: now + Self.lastWords)
      state = .ended(reason, detail: detail, exitStatus: nil)
      return report()
    }
  }

  // MARK: - Time

  extension CallControl {
    /// To be called often; `sample` is nil where there is no call.
    mutating func tick(_ sample: MediaSample?, at now: Int64) -> [Effect] {
      let looks = looksAgain && now >= nextLook ? look(at: now) : []
      switch phase {
      case .idle: return []
      case .placing: return looks + continueTakeover(at: now)
      case .leaving(let reason, let bound):
        guard now >= bound else { return [] }
        return end(reason, "the far end did not confirm the end of the call", at: now) + [.exit]
      case .over(let bound): return now >= bound ? [.exit] : []
      case .joined:
        if let sample { watch.add(sample, at: now) }
        return looks + watchConnection(at: now) + watchHold(at: now) + counters(at: now)
      }
    }

    private mutating func watchConnection(at now: Int64) -> [Effect] {
      if state == .joined {
        if !held, !isHeldByFarEnd, watch.silence(at: now) > Self.silenceBound {
          state = .reconnecting(.network)
          heardBeforeLoss = watch.heard
        }
      } else if isReachable, !isHushed, watch.heard > heardBeforeLoss + Self.stragglers {
        state = .joined
        watch.forgetSilence(at: now)
      }
      noticeCompany(at: now)
      return report() + repairAgain(at: now)
    }

    private mutating func repairAgain(at now: Int64) -> [Effect] {
      guard state == .reconnecting(.network), nextRepair > 0 else {
        if state == .joined { (nextRepair, repairPause) = (0, Self.firstRepairPause) }
        return []
      }
      guard isReachable, now >= nextRepair else { return [] }
      repairPause = min(repairPause * 2, Self.longestRepairPause)
      return [.network(reachable: false), .network(reachable: true)]
    }

    private mutating func watchHold(at now: Int64) -> [Effect] {
      guard let underWay = holdUnderWay, now >= underWay.until else { return [] }
      holdUnderWay = nil
      wantsHeld = held
      let effects = endHush() + error(.failed, "set-held", "the far end did not answer")
      if isReachable { state = .joined }
      return effects + report()
    }

    /// Once a second while the call is joined or was, whether packets flow or not: the daemon may take it for a sign of
    /// life. ``MediaWatch/counters`` says what may be made of the numbers.
    private mutating func counters(at now: Int64) -> [Effect] {
      guard now >= nextCounters else { return [] }
      nextCounters = now + 1000
      return [.send(.media(watch.counters))]
    }
  }
#endif

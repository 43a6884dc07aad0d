// SPDX-License-Identifier: GPL-3.0-or-later
#if SIP
  import CallSession
  import EngineChannel

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
    case network(reachable: Bool)
    case ended(CallEnding)
    /// Nothing more is to come; with BYE or CANCEL, the far end has confirmed it.
    case released
  }

  /// One call, from the daemon's requests on one side and the line's events on the other. It does no I/O: what is to
  /// be done comes out as effects, in order. Times are milliseconds of one monotonic clock.
  struct CallControl {
    enum Effect {
      case send(EngineMessage)
      case place(CallSettings, muted: Bool)
      case hangUp
      case mute(Bool)
      case hold(Bool)
      case dial(String)
      case network(reachable: Bool)
      case exit
    }

    private enum Phase {
      case idle
      case placing
      case joined
      case leaving(EndReason, until: Int64)
      /// Its end is reported; the line gets the time to confirm the far end's.
      case over(until: Int64)
    }

    /// The longest that BYE or CANCEL waits for its confirmation.
    private static let leaveBound: Int64 = 2000
    private static let lastWords: Int64 = 500
    /// RTCP comes every five seconds, whatever the sound.
    private static let silenceBound: Int64 = 12_000
    private static let holdBound: Int64 = 5000

    private var phase = Phase.idle
    private var state = EngineReport.State.connecting
    private var muted = false
    private var held = false
    private var resume: ResumeTicket?
    private var isResuming = false
    private var reported: EngineMessage?

    private var watch = MediaWatch()
    private var nextCounters: Int64 = 0
    private var isReachable = true
    /// What had been heard when the connection broke; more than this, and it is back.
    private var heardBeforeLoss: UInt64 = 0
    private var isHeldByFarEnd = false

    private var wantsHeld = false
    private var holdUnderWay: (held: Bool, until: Int64)?

    /// Whether the far end has been heard of since the call was placed.
    var isUnheard: Bool { if case .placing = phase { state == firstState } else { false } }

    private var firstState: EngineReport.State { isResuming ? .reconnecting(.engineCrash) : .connecting }

    private var message: EngineMessage {
      .state(EngineReport(state, muted: muted, onHold: held), resume: resume?.text)
    }

    /// The state's message, where it says something new.
    private mutating func report() -> [Effect] {
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
      case .join(let join): return place(join)
      case .leave: return leave(.hungUp, at: now)
      case .setMuted(let muted):
        self.muted = muted
        return [.mute(muted)] + report()
      case .setHeld(let held): return setHeld(held, at: now)
      case .sendDtmf(let digits): return dial(digits)
      case .network(let reachable): return [.network(reachable: reachable)]
      case .ping(let serial): return [.send(.pong(serial))]
      case .report:
        reported = message
        return [.send(message)]
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
        return [.hangUp]
      case .leaving, .over: return []
      }
    }

    private mutating func place(_ join: EngineRequest.Join) -> [Effect] {
      guard case .idle = phase else { return error(.invalid, "join", "this engine has a call already") }
      do {
        let settings = try CallSettings(join)
        phase = .placing
        muted = join.muted
        resume = settings.resume
        isResuming = resume != nil
        state = firstState
        return report() + [.place(settings, muted: muted)]
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
      case (.released, .leaving(let reason, _)): return end(reason, "", at: now) + [.exit]
      case (.released, _): return [.exit]
      case (_, .leaving), (_, .over), (_, .idle): return []
      case (.ended(let ending), .placing):
        return end(isResuming ? ending.reasonOfResuming : ending.reasonBeforeAnswer, ending.detail, at: now)
      case (.ended(let ending), .joined): return end(ending.reasonAfterAnswer, ending.detail, at: now)
      case (.ringing, _):
        if !isResuming { state = .ringing }
        return report()
      case (.answered(let ticket), _):
        resume = ticket
        return []
      case (.running, _), (.paused, _), (.heldByFarEnd, _): return running(event, at: now)
      case (.network(let reachable), _): return network(reachable: reachable)
      }
    }

    private mutating func running(_ event: LineEvent, at now: Int64) -> [Effect] {
      if case .placing = phase {
        phase = .joined
        nextCounters = now
      }
      // A reply to INVITE has come, so the far end is there.
      state = isReachable ? .joined : state
      watch.forgetSilence(at: now)
      held = event == .paused
      isHeldByFarEnd = event == .heldByFarEnd
      var effects: [Effect] = []
      if let underWay = holdUnderWay {
        holdUnderWay = nil
        if underWay.held != held {
          wantsHeld = held
          effects = error(.failed, "set-held", "the far end did not agree")
        }
      } else {
        wantsHeld = held
      }
      return effects + report() + adjustHold(at: now)
    }

    private mutating func network(reachable: Bool) -> [Effect] {
      isReachable = reachable
      guard case .joined = phase else { return [] }
      if !reachable { state = .reconnecting(.network) }
      heardBeforeLoss = watch.heard
      return report()
    }

    private mutating func adjustHold(at now: Int64) -> [Effect] {
      guard case .joined = phase, isReachable, holdUnderWay == nil, wantsHeld != held else { return [] }
      holdUnderWay = (wantsHeld, now + Self.holdBound)
      return [.hold(wantsHeld)]
    }

    /// The line is renegotiating something else; when that is over, it is tried again.
    mutating func holdNotStarted() { holdUnderWay = nil }

    private mutating func end(_ reason: EndReason, _ detail: String, at now: Int64) -> [Effect] {
      phase = .over(until: now + Self.lastWords)
      state = .ended(reason, detail: detail, exitStatus: nil)
      return report()
    }
  }

  // MARK: - Time

  extension CallControl {
    /// To be called often; `sample` is nil where there is no call.
    mutating func tick(_ sample: MediaSample?, at now: Int64) -> [Effect] {
      switch phase {
      case .idle, .placing: return []
      case .leaving(let reason, let bound):
        guard now >= bound else { return [] }
        return end(reason, "the far end did not confirm the end of the call", at: now) + [.exit]
      case .over(let bound): return now >= bound ? [.exit] : []
      case .joined:
        if let sample { watch.add(sample, at: now) }
        return watchConnection(at: now) + watchHold(at: now) + counters(at: now)
      }
    }

    private mutating func watchConnection(at now: Int64) -> [Effect] {
      if state == .joined {
        guard !held, !isHeldByFarEnd, watch.silence(at: now) > Self.silenceBound else { return [] }
        state = .reconnecting(.network)
        heardBeforeLoss = watch.heard
      } else if isReachable, watch.heard > heardBeforeLoss {
        state = .joined
      }
      return report()
    }

    private mutating func watchHold(at now: Int64) -> [Effect] {
      guard let underWay = holdUnderWay, now >= underWay.until else { return [] }
      holdUnderWay = nil
      wantsHeld = held
      return error(.failed, "set-held", "the far end did not answer")
    }

    private mutating func counters(at now: Int64) -> [Effect] {
      guard now >= nextCounters else { return [] }
      nextCounters = now + 1000
      return [.send(.media(watch.counters))]
    }
  }
#endif

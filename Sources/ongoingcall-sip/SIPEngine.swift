// SPDX-License-Identifier: GPL-3.0-or-later
#if SIP
  import CallSession
  import EngineChannel
  import Glibc
  import SIPCore

  /// The engine's loop: the channel, the signals and the line, and what the call's control makes of them.
  final class SIPEngine {
    /// What liblinphone asks for.
    private static let tick: Int32 = 20

    private let channel: Channel
    private let folder: RuntimeFolder
    private var signals = StopSignals()
    private var control = CallControl()
    private var call: OutgoingCall?
    private var farewell: Farewell?
    private var isOver = false

    init(_ channel: Channel, folder: RuntimeFolder) {
      (self.channel, self.folder) = (channel, folder)
    }

    /// Returns when the call is over and the daemon knows.
    func run() {
      while !isOver {
        channel.wait(milliseconds: Self.tick)
        for request in channel.requests() { perform(control.handle(request, at: now())) }
        if channel.isClosed || signals.wantStop() { perform(control.leave(.hungUp, at: now())) }
        if channel.runtime.leaseHasExpired { perform(control.leave(.leaseExpired, at: now())) }
        iterate()
        perform(control.tick(call?.sample, at: now()))
      }
      channel.drain(milliseconds: 1000)
    }

    private func iterate() {
      if let farewell {
        farewell.iterate()
        if let outcome = farewell.outcome {
          self.farewell = nil
          perform(control.handle(.farewell(outcome), at: now()))
        }
      }
      guard let call else { return }
      for event in call.iterate() { perform(control.handle(event, at: now())) }
      if control.isUnheard, let trouble = call.trouble(at: now()) {
        let ending = CallEnding(status: 0, phrase: "nothing answers at that address", trouble: trouble)
        perform(control.handle(.ended(ending), at: now()))
      }
    }

    private func perform(_ effects: [CallControl.Effect]) {
      for effect in effects {
        switch effect {
        case .send(let message): channel.runtime.send(message)
        case .place(let settings, let muted): place(settings, muted: muted)
        case .placeAgain(let ticket):
          if let call { attempt { () throws(OutgoingCall.NotPlaced) in try call.place(replacing: ticket) } }
        case .bidFarewell(let ticket): farewell = Farewell(ticket)
        case .hangUp: call?.hangUp()
        case .mute(let muted): call?.setMuted(muted)
        case .hold(let held): if call?.setHeld(held) != true { control.holdNotStarted() }
        case .dial(let digits): call?.dial(digits)
        case .look: if let call { perform(control.handle(.path(call.lookAtPath()), at: now())) }
        case .network(let reachable): call?.setReachable(reachable)
        case .exit: isOver = true
        }
      }
    }

    private func place(_ settings: CallSettings, muted: Bool) {
      do {
        let call = try OutgoingCall(settings, muted: muted, folder: folder)
        self.call = call
        attempt { () throws(OutgoingCall.NotPlaced) in try call.place(replacing: settings.resume) }
      } catch {
        perform(control.fail("\(error)"))
      }
    }

    private func attempt(_ placement: () throws(OutgoingCall.NotPlaced) -> Void) {
      do { try placement() } catch { perform(control.handle(.notPlaced("\(error)"), at: now())) }
    }

    private func now() -> Int64 {
      var now = timespec()
      clock_gettime(CLOCK_MONOTONIC, &now)
      return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
    }
  }
#endif

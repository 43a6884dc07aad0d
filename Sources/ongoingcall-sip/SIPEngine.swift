// SPDX-License-Identifier: GPL-3.0-or-later
#if SIP
  import CallLife
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
    private var oldDialog: OldDialog?
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
      for answer in oldDialog?.iterate() ?? [] { perform(control.handle(.oldDialog(answer), at: now())) }
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
        case .open(let settings, let muted): open(settings, muted: muted)
        case .place(let ticket): place(ticket)
        case .old(let request, let ticket):
          let dialog = oldDialog ?? OldDialog(ticket)
          oldDialog = dialog
          dialog.send(request)
        case .hangUp: call?.hangUp()
        case .mute(let muted): call?.setMuted(muted)
        case .hold(let held): if call?.setHeld(held) != true { control.holdNotStarted() }
        case .dial(let digits): call?.dial(digits)
        case .look: if let call { perform(control.handle(.path(call.lookAtPath()), at: now())) }
        case .network(let reachable):
          if reachable, control.resume != nil, call?.isTakingBack == true { handOver() }
          call?.setReachable(reachable)
        case .exit: isOver = true
        }
      }
    }

    /// liblinphone repairs any call but one whose being taken back from hold was lost with the network. The next process
    /// can take it up; this one must not say a word more, lest the far end hears BYE.
    private func handOver() -> Never {
      let why = "<4>ongoingcall-sip: the call is stuck in liblinphone; another engine is to take it up\n"
      _ = write(STDERR_FILENO, why, why.utf8.count)
      _exit(EX_TEMPFAIL)
    }

    private func open(_ settings: CallSettings, muted: Bool) {
      do {
        call = try OutgoingCall(settings, muted: muted, folder: folder)
      } catch {
        perform(control.fail("\(error)"))
      }
    }

    private func place(_ ticket: ResumeTicket?) {
      do {
        try call?.place(replacing: ticket)
      } catch {
        perform(control.handle(.notPlaced("\(error)"), at: now()))
      }
    }

    private func now() -> Int64 {
      var now = timespec()
      clock_gettime(CLOCK_MONOTONIC, &now)
      return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
    }
  }
#endif

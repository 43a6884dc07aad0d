// SPDX-License-Identifier: Apache-2.0
import CProgram
import CallLife
import CallModel
import EngineChannel
import Glibc
import TerminalChannel

/// The session of the `command` engine: joined while its program runs, ended when it ends.
///
/// One thread, one poll(2), which waits without a timeout but for the lease, for a program that was told to end, and
/// for viewers that have just come.
final class CommandSession {
  /// How long a program that was told to end may take, in milliseconds.
  private static let grace = 2000
  /// How long one that was killed may take to be gone.
  private static let killGrace = 500

  private enum Phase {
    case waiting
    case running
    /// The program was told to end, and is killed at a time (of `monotonicMilliseconds`).
    case leaving(EndReason, killAt: Int)
    case killed(EndReason, giveUpAt: Int)
    case ended
  }

  private let channel: EngineRuntime
  private let journal = Journal()
  private var channelIsOpen = true
  private var session: String?
  private var phase = Phase.waiting
  private var program: Program?
  private var viewers: Viewers?
  private var report = EngineReport(.connecting)
  /// It goes on without a daemon, and has said so.
  private var isAlone = false

  init(channel: EngineRuntime) { self.channel = channel }

  /// Returns when the session has ended and the daemon was told, or is gone.
  func run() throws {
    let signals = cprogram_signals()
    guard signals >= 0, cprogram_adopt_orphans() == 0 else {
      throw ProgramFailure(.refused, "no signals can be waited for: \(errorText(errno))")
    }
    defer { journal.flush(milliseconds: 200) }
    while !isOver {
      let ready = wait(for: signals)
      program?.terminal?.drain { viewers?.show() }
      program?.output?.drain(journal)
      journal.flush()
      viewers?.serve(ready)
      while case let signal = cprogram_next_signal(signals), signal != 0 {
        if signal == SIGCHLD { continue }
        // Told to stop once more, it does not insist on telling the daemon.
        if case .ended = phase { return }
        leave(.hungUp)
      }
      if channelIsOpen { hear() }
      watchLease()
      look()
    }
  }

  /// Ended, and the daemon and the viewers were told as far as they can be.
  private var isOver: Bool {
    guard case .ended = phase, viewers?.allKnow ?? true else { return false }
    return !channelIsOpen || !channel.wantsToWrite || channel.leaseHasExpired
  }

  /// Returns what can be done for the viewers.
  private func wait(for signals: Int32) -> ArraySlice<pollfd> {
    let events = POLLIN | (channel.wantsToWrite ? POLLOUT : 0)
    var descriptors = [
      pollfd(fd: signals, events: Int16(POLLIN), revents: 0),
      pollfd(fd: channelIsOpen ? channel.descriptor : -1, events: Int16(events), revents: 0),
    ]
    descriptors += viewers?.polled ?? []
    descriptors.append(pollfd(fd: program?.output?.descriptor ?? -1, events: Int16(POLLIN), revents: 0))
    descriptors.append(pollfd(fd: journal.wantsToWrite ? STDERR_FILENO : -1, events: Int16(POLLOUT), revents: 0))
    let timeouts = [timeout, viewers?.timeout].compactMap(\.self)
    // After an error, as an interruption is one, nothing is ready.
    if poll(&descriptors, nfds_t(descriptors.count), timeouts.min() ?? -1) < 0 { return [] }
    if descriptors[1].revents & Int16(POLLOUT) != 0 { channel.flush() }
    return descriptors[2..<descriptors.count - 2]
  }

  /// Milliseconds, or nil for as long as it takes.
  private var timeout: Int32? {
    switch phase {
    case .waiting, .running, .ended: channelIsOpen ? channel.millisecondsToLeaseEnd : nil
    case .leaving(_, let time), .killed(_, let time): Int32(max(0, time - monotonicMilliseconds()))
    }
  }
}

// MARK: - The daemon

extension CommandSession {
  private func hear() {
    do {
      for request in try channel.receive() { handle(request) }
    } catch {
      channelIsOpen = false
      leave(.hungUp)
    }
  }

  /// A program that runs has ways of its own to be ended, and knows itself when its call is over: it is not ended
  /// because a daemon is away.
  private func watchLease() {
    guard channelIsOpen, channel.isWithoutDaemon else { return isAlone = false }
    if case .running = phase { channel.noteFarEnd() }
    guard !channel.leaseHasExpired else { return leave(.leaseExpired) }
    guard case .running = phase, !isAlone else { return }
    isAlone = true
    journal.say(.warning, "no daemon is heard any more; the program goes on. To end it: \(EngineRuntime.wayOut)")
  }

  private func handle(_ request: EngineRequest) {
    switch request {
    case .hello(let hello):
      guard hello.version == EngineProtocol.version else {
        end(.refused, "the daemon speaks version \(hello.version) of the protocol; this engine speaks 1")
        return
      }
      session = hello.session
    case .join(let join): run(join)
    case .leave: leave(.hungUp)
    case .ping(let serial): channel.send(.pong(serial))
    case .attach: attach()
    case .report: channel.send(.state(report, resume: nil))
    default: answer(.unsupported, request, "this engine runs programs; it can only join and leave")
    }
  }

  private func run(_ join: EngineRequest.Join) {
    // A new daemon repeats what the one before it may not have said to its end.
    guard case .waiting = phase else { return }
    guard let session else { return answer(.invalid, .join(join), "“hello” must come first") }
    do {
      let program = try Program(join, session: session, relaysOutput: journal.isSocket)
      journal.say(.info, "running \(program.path) as process \(program.pid)")
      viewers = program.terminal.map { Viewers(of: $0) }
      self.program = consume program
      phase = .running
      say(.joined)
    } catch {
      end(error.reason, error.description)
    }
  }

  private func attach() {
    guard let descriptor = channel.takeDescriptor() else { return }
    if case .ended = phase { return Viewer(descriptor).refuse("the program has ended") }
    guard let viewers else {
      Viewer(descriptor).refuse("the program has no terminal")
      return answer(.unsupported, .attach, "the program has no terminal")
    }
    viewers.add(descriptor)
  }

  private func answer(_ code: EngineError.Code, _ request: EngineRequest, _ message: String) {
    channel.send(.error(EngineError(code, request: request.type, message: message)))
  }

  private func say(_ state: EngineReport.State) {
    report.state = state
    channel.send(.state(report, resume: nil))
  }
}

// MARK: - The end

extension CommandSession {
  /// Asks the program to end; the first reason stands.
  private func leave(_ reason: EndReason) {
    switch phase {
    case .waiting: end(reason, "there was no program yet")
    case .running:
      phase = .leaving(reason, killAt: monotonicMilliseconds() + Self.grace)
      program?.hangUp()
    case .leaving, .killed, .ended: break
    }
  }

  /// Looks what has become of the program.
  private func look() {
    guard program != nil else { return }
    program?.reap()
    let isGone = program?.exit != nil
    let groupRuns = program?.groupRuns == true
    switch phase {
    case .waiting, .ended: break
    case .running where isGone: finish(.exited)
    case .running: break
    case .leaving(let reason, _) where isGone && !groupRuns: finish(reason)
    case .leaving(let reason, let killAt):
      guard monotonicMilliseconds() >= killAt else { return }
      program?.kill()
      phase = .killed(reason, giveUpAt: monotonicMilliseconds() + Self.killGrace)
    case .killed(let reason, let giveUpAt):
      if (isGone && !groupRuns) || monotonicMilliseconds() >= giveUpAt { finish(reason) }
    }
  }

  private func finish(_ reason: EndReason) {
    program?.terminal?.drainRest { viewers?.show() }
    program?.output?.drain(journal)
    let exit = program?.exit
    let text = exit?.description ?? "the program does not end, although it was killed"
    viewers?.end(exit.map { .ended(exitStatus: $0.exitStatus, text) } ?? .refused(text))
    end(reason, text, exit?.exitStatus)
  }

  private func end(_ reason: EndReason, _ detail: String, _ exitStatus: Int? = nil) {
    guard case .ended = phase else {
      phase = .ended
      journal.say(.info, "\(reason.rawValue): \(detail)")
      return say(.ended(reason, detail: detail, exitStatus: exitStatus))
    }
  }
}

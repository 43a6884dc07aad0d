// SPDX-License-Identifier: Apache-2.0
import CLinux
import CallLife
import CallModel
import EngineChannel
import Glibc
import TerminalChannel

/// The session of the `command` engine: joined while its program runs, ended when the program exits.
///
/// One thread and one poll(2), which has a timeout only for the lease, for a program that was told to exit, and for new
/// viewers.
final class CommandSession {
  /// How long a program that was told to exit may take, in milliseconds.
  private static let grace = 2000
  /// How long a program that was killed may take, in milliseconds.
  private static let killGrace = 500
  /// A program that was launched on a terminal is there for at least so long, or until that terminal has attached: what a
  /// short one prints is not lost. In milliseconds.
  private static let firstView = 500

  private enum Phase {
    case waiting
    case running
    /// The program has exited; nobody has seen it yet.
    case unseen(until: Int)
    /// The program was told to exit, and is killed at this time (of `monotonicMilliseconds`).
    case leaving(EndReason, killAt: Int)
    case killed(EndReason, giveUpAt: Int)
    case ended
  }

  private let channel: EngineRuntime
  private let journal = JournalStream()
  private var channelIsOpen = true
  private var session: String?
  private var phase = Phase.waiting
  private var program: Program?
  /// The time until which a viewer is waited for.
  private var firstViewEnd = 0
  private var viewers: Viewers?
  private var report = EngineReport(.connecting)
  private var news = ProgramNews()
  /// It has no daemon, and has logged that.
  private var isAlone = false

  init(channel: EngineRuntime) { self.channel = channel }

  /// Returns when the session has ended and the daemon was told, or is gone.
  func run() throws {
    let signals = clinux_signals()
    guard signals >= 0, clinux_adopt_orphans() == 0 else {
      throw ProgramFailure(.refused, "cannot wait for signals: \(errorText(errno))")
    }
    // What was needed to show a screen once is not kept.
    clinux_give_memory_back()
    defer { journal.flush(milliseconds: 200) }
    while !isOver {
      let ready = wait(for: signals)
      if viewers?.areReady == true { program?.terminal?.drain { show() } }
      program?.output?.drain(journal)
      journal.flush()
      viewers?.serve(ready)
      while case let signal = clinux_next_signal(signals), signal != 0 {
        if signal == SIGCHLD { continue }
        // Told to stop once more, it no longer waits to tell the daemon.
        if case .ended = phase { return }
        leave(.hungUp)
      }
      if channelIsOpen { hear() }
      watchLease()
      look()
      tellOfProgram()
    }
  }

  /// Returns whether there is time for more.
  private func show() -> Bool {
    viewers?.show()
    return viewers?.areReady ?? true
  }

  /// The session has ended, and the daemon and the viewers have been told as far as possible.
  private var isOver: Bool {
    guard case .ended = phase, viewers?.allKnow ?? true else { return false }
    return !channelIsOpen || !channel.wantsToWrite || channel.leaseHasExpired
  }

  /// Waits for events. Returns those of the viewers.
  private func wait(for signals: Int32) -> ArraySlice<pollfd> {
    let events = POLLIN | (channel.wantsToWrite ? POLLOUT : 0)
    var descriptors = [
      pollfd(fd: signals, events: Int16(POLLIN), revents: 0),
      pollfd(fd: channelIsOpen ? channel.descriptor : -1, events: Int16(events), revents: 0),
    ]
    descriptors += viewers?.polled ?? []
    descriptors.append(pollfd(fd: program?.output?.descriptor ?? -1, events: Int16(POLLIN), revents: 0))
    descriptors.append(pollfd(fd: journal.wantsToWrite ? STDERR_FILENO : -1, events: Int16(POLLOUT), revents: 0))
    let timeouts = [timeout, viewers?.timeout, news.timeout].compactMap(\.self)
    // After an error, such as an interruption, nothing is ready.
    if poll(&descriptors, nfds_t(descriptors.count), timeouts.min() ?? -1) < 0 { return [] }
    if descriptors[1].revents & Int16(POLLOUT) != 0 { channel.flush() }
    return descriptors[2..<descriptors.count - 2]
  }

  /// Milliseconds; nil without a limit.
  private var timeout: Int32? {
    switch phase {
    case .waiting, .running, .ended: channelIsOpen ? channel.millisecondsToLeaseEnd : nil
    case .leaving(_, let time), .killed(_, let time), .unseen(let time): Int32(max(0, time - monotonicMilliseconds()))
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

  /// A running program can be ended in its own ways, and knows when its call is over: it is not ended because there is
  /// no daemon.
  private func watchLease() {
    guard channelIsOpen, channel.isWithoutDaemon else { return isAlone = false }
    if case .running = phase { channel.noteFarEnd() }
    guard !channel.leaseHasExpired else { return leave(.leaseExpired) }
    guard case .running = phase, !isAlone else { return }
    isAlone = true
    journal.say(.warning, "lost contact with ongoingcalld; the program goes on. To end it: \(EngineRuntime.wayOut)")
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
    case .sendKeys(let text): type(text)
    case .report:
      news.isAsked = true
      tellOfProgram()
      channel.send(.state(report, resume: nil))
    default: answer(.unsupported, request, "this engine runs programs; it can only join and leave")
    }
  }

  private func run(_ join: EngineRequest.Join) {
    // A new daemon repeats requests that the previous one may not have sent completely.
    guard case .waiting = phase else { return }
    guard let session else { return answer(.invalid, .join(join), "“hello” must come first") }
    do {
      let program = try Program(join, session: session, relaysOutput: journal.isSocket)
      journal.say(.info, "running \(program.path) as process \(program.pid)")
      viewers = program.terminal.map { Viewers(of: $0) }
      self.program = consume program
      if join.columns != nil { firstViewEnd = monotonicMilliseconds() + Self.firstView }
      phase = .running
      tellOfProgram()
      say(.joined)
      // It may run for months, and starting took most of the code.
      clinux_give_code_back()
    } catch {
      end(error.reason, error.description)
    }
  }

  private func attach() {
    guard let descriptor = channel.takeDescriptor() else { return }
    if case .ended = phase { return Viewer(descriptor).refuse("the program has exited") }
    guard let viewers else {
      Viewer(descriptor).refuse("the program has no terminal")
      return answer(.unsupported, .attach, "the program has no terminal")
    }
    viewers.add(descriptor)
  }

  private func type(_ text: String) {
    let program = session.map { "the program of \($0)" } ?? "the program"
    if case .waiting = phase { return answer(.failed, .sendKeys(text), "\(program) was not started yet") }
    if case .ended = phase { return answer(.failed, .sendKeys(text), "\(program) has exited") }
    guard let viewers else { return answer(.unsupported, .sendKeys(text), "\(program) has no terminal") }
    guard viewers.type(text) else {
      return answer(.failed, .sendKeys(text), "\(program) does not read its terminal, which is full")
    }
  }

  private func tellOfProgram() {
    guard let process = program?.pid, !channel.wantsToWrite else { return news.wait() }
    var status = ProgramStatus(process: Int(process))
    if let viewers {
      (status.columns, status.rows) = (viewers.size.columns, viewers.size.rows)
      status.viewers = viewers.count
    }
    if let news = news.take(status) { channel.send(.program(news)) }
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
  /// Asks the program to exit; the first reason counts.
  private func leave(_ reason: EndReason) {
    switch phase {
    case .waiting: end(reason, "the program was not started yet")
    case .running:
      phase = .leaving(reason, killAt: monotonicMilliseconds() + Self.grace)
      program?.hangUp()
    case .unseen: finish(.exited)
    case .leaving, .killed, .ended: break
    }
  }

  /// Checks whether the program has exited.
  private func look() {
    guard program != nil else { return }
    program?.reap()
    let isGone = program?.exit != nil
    let groupRuns = program?.groupRuns == true
    switch phase {
    case .waiting, .ended: break
    case .running where isGone:
      guard let viewers, !viewers.wereThere, monotonicMilliseconds() < firstViewEnd else { return finish(.exited) }
      program?.terminal?.drainRest {}
      viewers.isOver = true
      phase = .unseen(until: firstViewEnd)
    case .unseen(let end):
      if viewers?.wereThere == true || monotonicMilliseconds() >= end { finish(.exited) }
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
    let text = exit?.description ?? "the program was killed, but does not exit"
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

// SPDX-License-Identifier: Apache-2.0
#if SIP
  import CallLife
  import CallModel
  import EngineChannel
  import Glibc
  import SIPDialogs
  import SIPTransport

  /// The engine channel on what was standard input and output. Nothing else may read or write these from then on.
  final class DaemonChannel {
    let runtime: EngineRuntime
    var onRequest: (EngineRequest) -> Void = { _ in }
    var onClosed: () -> Void = {}
    private let output: Int32
    private var reading: DescriptorWatch?
    private var writing: DescriptorWatch?
    private let loop: SIPLoop
    private var isClosed = false
    private var last = CallReport(report: EngineReport(.connecting), ticket: nil)
    /// The file to which the call is being recorded, which is part of its state.
    var recording: String? { didSet { if recording != oldValue { sendAgain() } } }

    /// Sound libraries sometimes print to standard output; this goes to standard error.
    init(_ loop: SIPLoop) throws {
      self.loop = loop
      let input = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
      output = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
      let null = open("/dev/null", O_RDONLY)
      dup2(null, STDIN_FILENO)
      close(null)
      dup2(STDERR_FILENO, STDOUT_FILENO)
      runtime = EngineRuntime(input: input, output: output)
      reading = try loop.watch(input, for: .readable) { [unowned self] _ in receive() }
    }

    func send(_ message: EngineMessage) {
      runtime.send(message)
      waitToWrite()
    }

    func send(_ report: CallReport) {
      last = report
      var state = report.report
      state.recording = recording
      send(.state(state, resume: report.ticket.flatMap(TicketText.encode)))
    }

    /// Repeats the state for a new daemon.
    func sendAgain() { send(last) }

    /// Gives the daemon a last chance to read what is left.
    func drain(milliseconds: Int32) {
      guard !isClosed, runtime.wantsToWrite else { return }
      var polled = pollfd(fd: output, events: Int16(POLLOUT), revents: 0)
      if poll(&polled, 1, milliseconds) > 0 { runtime.flush() }
    }

    private func receive() {
      do {
        for request in try runtime.receive() { onRequest(request) }
      } catch {
        isClosed = true
        reading = nil
        writing = nil
        return onClosed()
      }
      waitToWrite()
    }

    private func waitToWrite() {
      guard !isClosed, runtime.wantsToWrite else { return writing = nil }
      guard writing == nil else { return }
      writing = try? loop.watch(output, for: .writable) { [unowned self] _ in
        runtime.flush()
        waitToWrite()
      }
    }
  }
#endif

// SPDX-License-Identifier: Apache-2.0
#if SIP
  import CallLife
  import CallMedia
  import CallModel
  import EngineChannel
  import Glibc
  import SIPDialogs
  import SIPTransport

  /// The engine, between the daemon and the far end. The call decides.
  final class Engine {
    let loop: SIPLoop
    private let channel: DaemonChannel
    private var signals: StopSignals?
    private var call: SIPCall?
    /// The first one is being handled.
    private var inputs: [CallInput] = []
    private var deadline: Timer?
    private var lease: Timer?
    private var paths: SIPPaths?
    private var sound: SoundController?
    private var registration: RegistrationController?
    private var record: RegistrationRecord?
    /// Of the previous engine, which has waited for the registration as well, or called nobody after it.
    private var waiting: CallTicket?
    private var keepAlive: KeepAlive?
    private var ice: ICEController?
    private var stream: StreamIdentity?
    private var transactions = Transactions()
    /// The call has nothing left to do.
    private var isDone = false
    private var isOver = false
    /// It goes on without a daemon, and has logged that.
    private var isAlone = false

    init() throws {
      // Before any thread, because threads must inherit that the signals are blocked.
      loop = try SIPLoop()
      channel = try DaemonChannel(loop)
      signals = try StopSignals(loop) { [unowned self] _ in leave(.hungUp) }
      channel.onRequest = { [unowned self] in handle($0) }
      channel.onClosed = { [unowned self] in leave(.hungUp) }
    }

    /// Returns when the call is over, and both the far end and the daemon know.
    func run() {
      watchLease()
      loop.run()
      channel.drain(milliseconds: 1000)
    }

    /// The call is over. The server is told that this end can no longer be reached.
    private func leaveServer() {
      isDone = true
      guard let registration, registration.mustLeave else { return stop() }
      registration.feed(.leave)
    }

    private func stop() {
      isOver = true
      ice?.close()
      sound?.close()
      loop.stop()
    }

    // MARK: - The daemon

    private func handle(_ request: EngineRequest) {
      isAlone = false
      watchLease()
      switch request {
      case .hello(let hello):
        guard hello.version != EngineProtocol.version else { return }
        refuse(.invalid, request, "this engine speaks version \(EngineProtocol.version), not \(hello.version)")
      case .join(let join): self.join(join, request)
      case .leave: leave(.hungUp)
      case .setMuted(let muted): feed(.setMuted(muted))
      case .setHeld(let held): ask(.setHeld(held), request)
      case .sendDtmf(let digits): dial(digits, request)
      case .transfer(let target): ask(.transfer(target), request)
      case .answerTransfer(let answer, let target): ask(.answerTransfer(answer, target: target), request)
      case .setAudio(let microphone, let speaker): sound?.use(microphone: microphone, speaker: speaker)
      case .startRecording(let file): record(file, request)
      case .stopRecording: sound?.stopRecording()
      case .ping(let serial): channel.send(.pong(serial))
      case .report:
        channel.sendAgain()
        if let message = registration?.takeReport() { channel.send(.registration(message)) }
      // The kernel itself reports this.
      case .network: break
      default: refuse(.unsupported, request, "the sip engine does not know the request “\(request.type)”")
      }
    }

    private func refuse(_ code: EngineError.Code, _ request: EngineRequest, _ message: String) {
      channel.send(.error(EngineError(code, request: request.type, message: message)))
    }

    private func join(_ join: EngineRequest.Join, _ request: EngineRequest) {
      guard call == nil, !isOver else { return refuse(.invalid, request, "this engine already has a call") }
      do {
        let settings = try JoinSettings(join)
        if let warning = settings.warning { complain("<4>\(warning)") }
        let sound = SoundController(settings, loop: loop) { [unowned self] in
          switch $0 {
          case .sample(let sample): heard(sample)
          case .identity(let stream): feed(.stream(stream))
          case .secured(let keys): feed(.secured(keys))
          case .notSecured(let handshake, let why): feed(.notSecured(handshake, why))
          case .recording(let file): channel.recording = file
          case .recordingFailed(let why):
            refuse(.failed, .startRecording(file: ""), why)
            channel.recording = nil
          }
        }
        self.sound = sound
        let paths = SIPPaths(loop: loop, sound: sound) { [unowned self] in happened($0) }
        self.paths = paths
        keepAlive = KeepAlive(loop: loop, paths: paths)
        ice = settings.ice.map {
          ICEController($0, ticket: settings.ticket, loop: loop, sound: sound) { [unowned self] in
            connected($0)
          }
        }
        call = SIPCall(settings.order)
        stream = settings.order.stream
        guard let order = settings.registration else { return feed(settings.ticket.map(CallInput.takeUp) ?? .place) }
        record = settings.ticket?.registration
        if let ticket = settings.ticket {
          if ticket.isWaiting { waiting = ticket } else { feed(.takeUp(ticket)) }
        }
        let registration = RegistrationController(order, loop: loop, paths: paths) { [unowned self] in registered($0) }
        self.registration = registration
        registration.feed(record.map(RegistrationInput.takeUp) ?? .register)
      } catch {
        end(.engineFailed, "\(error)")
      }
    }

    /// Ends a call that could not even be started.
    private func end(_ reason: EndReason, _ detail: String) {
      channel.send(.state(EngineReport(.ended(reason, detail: detail, exitStatus: nil)), resume: nil))
      stop()
    }

    private func leave(_ reason: EndReason) {
      if call != nil { feed(.leave(reason)) } else if !isOver { end(reason, "") }
    }

    private func ask(_ input: CallInput, _ request: EngineRequest) {
      guard call != nil else { return refuse(.failed, request, "the call is not joined") }
      feed(input)
    }

    private func dial(_ digits: String, _ request: EngineRequest) {
      let isDialable = !digits.isEmpty && digits.allSatisfy { "0123456789ABCDabcd*#".contains($0) }
      guard isDialable, digits.utf8.count <= 64 else {
        return refuse(.invalid, request, "“\(digits)” is not 1 to 64 of the digits 0-9, A-D, * and #")
      }
      guard call?.isUp == true else { return refuse(.failed, request, "the call is not joined") }
      sound?.dial(digits.uppercased())
    }

    private func record(_ file: String, _ request: EngineRequest) {
      guard call?.isUp == true, let sound else { return refuse(.failed, request, "the call is not joined") }
      if let other = sound.recording {
        return refuse(.invalid, request, "the call is already being recorded, to \(other)")
      }
      do { try sound.startRecording(file) } catch { refuse(.failed, request, "\(error)") }
    }

    private func watchLease() {
      lease = channel.runtime.millisecondsToLeaseEnd.map { left in
        loop.timer(after: Int64(left)) { [unowned self] in leaseMayBeOver() }
      }
    }

    /// A conversation goes on without a daemon, as long as its far end is heard.
    private func leaseMayBeOver() {
      if let time = call?.farEndHeardAt {
        channel.runtime.noteFarEnd(heardAt: Int(max(time, sound?.heardAt ?? time)))
      }
      guard !channel.runtime.leaseHasExpired else { return leave(.leaseExpired) }
      if !isAlone, channel.runtime.isWithoutDaemon {
        isAlone = true
        complain("<4>lost contact with ongoingcalld; the call goes on. To end it: \(EngineRuntime.wayOut)")
      }
      watchLease()
    }

    // MARK: - The call

    /// Handles inputs in order, because an effect may cause the next input.
    private func feed(_ input: CallInput) {
      inputs.append(input)
      guard inputs.count == 1 else { return }
      while let input = inputs.first, !isOver {
        let effects = call?.handle(input, at: loop.now) ?? []
        for effect in effects where !isOver { perform(effect) }
        inputs.removeFirst()
      }
      guard !isOver, let call else { return }
      if let host = call.farEndHost { paths?.watch(host) }
      if call.isUp, let end = call.end { ice?.keepOnly(end.address) }
      keepAlive?.ends = Set([call.end, registration?.end].compactMap { $0 })
      deadline = call.nextDeadline.map { loop.timer(at: $0) { [unowned self] in feed(.tick) } }
    }

    /// The call begins when the account is registered.
    private func registered(_ report: RegistrationReport) {
      record = report.record
      if let message = registration?.takeReport() { channel.send(.registration(message)) }
      tell(call?.report)
      switch report.state {
      case .registering: break
      case .registered(_, let routes):
        call?.registered(routes: routes, asked: registration?.asked ?? [], at: registration?.end?.target)
        if call?.isIdle == true, let waiting, !waiting.isUnused { feed(.takeUp(waiting)) } else { feed(.place) }
      case .failed(let failure, _):
        if call?.isIdle == true { feed(.abandon(failure)) }
        complain("<4>\(failure.detail)")
      case .ended: if isDone { loop.post { [unowned self] in stop() } }
      }
    }

    private func tell(_ report: CallReport?) {
      guard var report else { return }
      if call?.isIdle == true, case .connecting = report.report.state, let record, let stream {
        report.ticket = waiting ?? CallTicket(waitingFor: record, stream)
      }
      report.ticket?.registration = record
      report.ticket?.connectivity = call?.end.flatMap { ice?.memory(at: $0.address) }
      channel.send(report)
      if case .ended = report.report.state { registration?.feed(.leave) }
    }

    private func perform(_ effect: CallEffect) {
      switch effect {
      case .report(let report): tell(report)
      case .refuse(let request, let why): channel.send(.error(EngineError(.failed, request: request, message: why)))
      case .warn(let what): complain("<4>\(what)")
      case .resolve(let uri, let transport): paths?.resolve(uri, transport)
      case .open(let targets, let preferred): paths?.open(targets, preferring: preferred)
      case .send(let message, let end, let transaction): send(message, end, transaction)
      case .acknowledge(let message, let end): paths?.agent(of: end)?.sendAcknowledge(message, to: end.target)
      case .respond(let response, let transaction): transactions.answer(transaction, response)
      case .ignore(let transaction): transactions.ignore(transaction)
      case .sound(let wanted): play(wanted)
      case .exit: leaveServer()
      }
    }

    private func send(_ message: SIPMessage, _ end: LocalEnd, _ transaction: Int) {
      guard let agent = paths?.agent(of: end) else {
        return feed(.failed(transaction: transaction, .unreachable("no route to that address")))
      }
      agent.send(message, to: end.target) { [weak self] event in
        switch event {
        case .response(let response, let source):
          self?.feed(.response(response, transaction: transaction, from: source.host))
        case .failed(let failure): self?.feed(.failed(transaction: transaction, failure.ofTransaction))
        }
      }
    }

    private func connected(_ event: ICEController.Event) {
      switch event {
      case .opened(let end): feed(.opened(end))
      case .path(let path, let address):
        do { try sound?.go(path, at: address) } catch { complain("<3>cannot send sound on its way: \(error)") }
      case .remembered: tell(call?.report)
      case .lost(let address):
        if let end = call?.end, end.address == address, call?.isWithoutICE == false { ice?.open(end) }
      }
    }

    private func play(_ wanted: Sound) {
      // While the ports of the address before are open.
      if call?.isUp == true { ice?.keepOnly(wanted.end.address) }
      if let plan = wanted.plan { ice?.connect(plan.ice, at: wanted.end.address) }
      do { try sound?.play(wanted) } catch { complain("<3>cannot start the sound: \(error)") }
    }

    private func happened(_ event: SIPPaths.Event) {
      switch event {
      case .resolved(let targets): feed(.resolved(targets))
      case .notResolved(let why): feed(.notResolved(why))
      case .opened(let end): if let ice, call?.isOver == false { ice.open(end) } else { feed(.opened(end)) }
      case .notOpened(let targets, let why): feed(.notOpened(targets, why))
      case .broken(let why): end(.engineFailed, why)
      case .path(let change):
        feed(.path(change))
        if change == .found { registration?.feed(.pathFound) }
      case .request(let message, let source, let transaction): received(message, source, transaction)
      case .stray(let response, let source): feed(.strayResponse(response, from: source.host))
      case .lostConnection(let target):
        feed(.lostConnection(target))
        registration?.feed(.lostConnection(target))
      }
    }

    private func received(_ message: SIPMessage, _ source: Target, _ transaction: ServerTransaction) {
      // It has no response.
      if message.method == "ACK" {
        transaction.ignore()
        return feed(.acknowledged(message, from: source.host))
      }
      let isOurs = call?.concerns(message, from: source.host) ?? false
      if isOurs, let ice, let end = call?.end, let ways = call?.ways(offeredIn: message) {
        ice.offered(ways, at: end).map { feed(.described($0)) }
      }
      let number = transactions.add(transaction, isOfStranger: !isOurs)
      transaction.onAcknowledge = { [weak self] in self?.feed(.acknowledged($0, from: source.host)) }
      feed(.request(message, transaction: number, from: source.host))
    }

    private func heard(_ sample: MediaSample) {
      feed(.heard(at: sample.heardAt, packets: sample.received + sample.controlReceived))
      feed(.rollovers(sample.inboundRollovers))
      guard let call, call.isUp, let counters = sound?.counters(sample) else { return }
      channel.send(.media(counters))
    }
  }

  extension TransportFailure {
    var ofTransaction: TransactionFailure {
      switch self {
      case .timeout: .timedOut
      case .refused: .refused
      case .tls(let reason): .insecure(reason)
      case .unreachable, .noConnection, .closed, .unsendable: .unreachable(description)
      }
    }
  }
#endif

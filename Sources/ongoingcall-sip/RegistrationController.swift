// SPDX-License-Identifier: Apache-2.0
#if SIP
  import EngineChannel
  import SIPDialogs
  import SIPTransport

  /// Carries out what the registration of the account wants.
  final class RegistrationController {
    private let loop: SIPLoop
    private let paths: SIPPaths
    private let tell: (RegistrationReport) -> Void
    private var registration: Registration
    /// The first one is being handled.
    private var inputs: [RegistrationInput] = []
    private var deadline: Timer?
    private var lookup: NameLookup?
    /// What happens, before it is handled.
    var onInput: (RegistrationInput) -> Void = { _ in }

    init(
      _ order: RegistrationOrder, loop: SIPLoop, paths: SIPPaths, tell: @escaping (RegistrationReport) -> Void
    ) {
      (self.loop, self.paths, self.tell) = (loop, paths, tell)
      registration = Registration(order)
    }

    /// The server may have an address of this process.
    var mustLeave: Bool { registration.mustLeave }

    var end: LocalEnd? { registration.end }

    var asked: [AskedRealm] { registration.asked }

    /// For the daemon.
    private(set) var report = EngineRegistration(.registering)

    /// What the daemon is to be told now; nil where it says less than what it has been told.
    func takeReport() -> EngineRegistration? {
      if registration.state == .ended, report.state == .failed { return nil }
      report = EngineRegistration(registration.state, at: loop.now)
      return report
    }

    /// Handles inputs in order, because an effect may cause the next input.
    func feed(_ input: RegistrationInput) {
      inputs.append(input)
      guard inputs.count == 1 else { return }
      while let input = inputs.first {
        onInput(input)
        for effect in registration.handle(input, at: loop.now) { perform(effect) }
        inputs.removeFirst()
      }
      deadline = registration.nextDeadline.map { loop.timer(at: $0) { [unowned self] in feed(.tick) } }
    }

    private func perform(_ effect: RegistrationEffect) {
      switch effect {
      case .report(let report): tell(report)
      case .resolve(let uri, let transport): resolve(uri, transport)
      case .open(let targets, let preferred):
        paths.openForSignalling(targets, preferring: preferred) { [weak self] in self?.opened($0) }
      case .send(let message, let end, let transaction): send(message, end, transaction)
      }
    }

    private func resolve(_ uri: SIPURI, _ transport: Target.Transport?) {
      lookup = NameResolver(loop: loop).resolve(uri, transport: transport) { [weak self] result in
        switch result {
        case .success(let targets): self?.feed(.resolved(targets))
        case .failure(let error): self?.feed(.notResolved("\(error)"))
        }
      }
    }

    private func opened(_ event: SIPPaths.Event) {
      switch event {
      case .opened(let end): feed(.opened(end))
      case .notOpened(_, let why), .broken(let why): feed(.notOpened(why))
      default: break
      }
    }

    private func send(_ message: SIPMessage, _ end: LocalEnd, _ transaction: Int) {
      guard let agent = paths.agent(of: end) else {
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
  }

  extension EngineRegistration {
    fileprivate init(_ state: RegistrationState, at now: Int64) {
      func seconds(until time: Int64) -> Int { Int(max(0, (time - now + 999) / 1000)) }
      switch state {
      case .registering: self.init(.registering)
      case .registered(let until, _): self.init(.registered, expiresIn: seconds(until: until))
      case .failed(let failure, let retryAt):
        self.init(.failed, retryIn: retryAt.map(seconds), detail: failure.detail)
      case .ended: self.init(.removed)
      }
    }
  }
#endif

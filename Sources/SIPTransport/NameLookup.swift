// SPDX-License-Identifier: Apache-2.0
#if SIP
  import SIPDialogs

  /// One lookup of a SIP address.
  public final class NameLookup {
    private let loop: SIPLoop
    private let question: NameQuestion
    private var answers = NameAnswers()
    private var handler: ((Result<[Target], NameError>) -> Void)?
    private var servers: NameServers?
    private var timers: [Timer] = []
    private let begun: Int64

    /// The records that are being looked up.
    private var open: Set<String> = []
    private var isWaitedEnough = false

    public static let deadline: Int64 = 10_000
    /// How long to wait for NAPTR and SRV once there are addresses.
    private static let courtesy: Int64 = 2_000
    private static let maximumTargets = 16

    init(
      _ loop: SIPLoop, _ uri: SIPURI, _ wish: Target.Transport?,
      _ handler: @escaping (Result<[Target], NameError>) -> Void
    ) {
      (self.loop, self.handler, begun) = (loop, handler, loop.now)
      question = NameQuestion(uri, wish)
      if let text = uri.transport, Target.Transport(rawValue: text) == nil {
        settle(.failure(.transport(text)))
      } else {
        begin()
      }
    }

    private func begin() {
      let host = question.bareHost
      if NumericAddress(host) != nil { return settle(.success(question.targets([host]))) }
      // By its last label (RFC 6761): both families, whatever the hosts file says.
      if host == "localhost" || host.hasSuffix(".localhost") {
        return settle(.success(question.targets(["::1", "127.0.0.1"])))
      }
      do throws(TransportError) { servers = try NameServers(loop) } catch {
        return settle(.failure(.failed(host, reason: error.description)))
      }
      var local: NameServers.Outcome?
      servers?.hosts(host) { local = $0 }
      // An entry in the hosts file means that host, whatever services its domain has.
      if let records = local?.records, !records.isEmpty {
        return settle(.success(question.targets(records.map(\.name))))
      }
      timers.append(
        loop.timer(after: Self.deadline) { [unowned self] in
          isWaitedEnough = true
          open = []
          conclude()
        })
      ask()
    }

    private func ask() {
      let host = question.host
      look(up: "A", into: \.addresses) { $0.addresses(host, $1) }
      guard question.port == nil else { return }
      if question.isFree { look(up: "NAPTR", into: \.pointers) { $0.pointers(host, $1) } }
      for name in question.services { askService(name.name) }
    }

    private func askService(_ name: String) {
      guard answers.services[name] == nil, !open.contains(name) else { return }
      look(up: name, into: \.services[name]) { $0.services(name, $1) }
    }

    private func askHost(_ name: String) {
      guard answers.serviceHosts[name] == nil, !open.contains("A " + name) else { return }
      var local: NameServers.Outcome?
      servers?.hosts(name) { local = $0 }
      if let local, !local.records.isEmpty {
        answers.serviceHosts[name] = local
        return
      }
      look(up: "A " + name, into: \.serviceHosts[name]) { $0.addresses(name, $1) }
    }

    private func look(
      up key: String, into answer: WritableKeyPath<NameAnswers, NameServers.Outcome?>,
      _ ask: (NameServers, @escaping (NameServers.Outcome) -> Void) -> Void
    ) {
      guard let servers, handler != nil else { return }
      open.insert(key)
      ask(servers) { [weak self] outcome in
        // c-ares must not be freed while it is running.
        self?.loop.post {
          guard let self, self.handler != nil else { return }
          self.answers[keyPath: answer] = outcome
          self.open.remove(key)
          self.conclude()
        }
      }
    }

    // MARK: What comes of it

    private func conclude() {
      guard handler != nil else { return }
      // With a port, there is no choice.
      if question.port == nil, let found = serviceTargets() { return settle(.success(found)) }
      guard open.isEmpty || isWaitedEnough else {
        if let addresses = answers.addresses, !addresses.records.isEmpty, timers.count == 1 {
          timers.append(
            loop.timer(after: Self.courtesy) { [unowned self] in
              isWaitedEnough = true
              conclude()
            })
        }
        return
      }
      let host = question.host
      if question.port == nil, answers.areRefusals(of: question) { return settle(.failure(.notOffered(host))) }
      switch answers.addresses {
      case .found(let records): settle(.success(question.targets(records.map(\.name))))
      case .some(.none): settle(.failure(.notFound(host)))
      case .failed(let reason): settle(.failure(.failed(host, reason: reason)))
      case .silence, nil: settle(.failure(.noAnswer(host, milliseconds: loop.now - begun)))
      }
    }

    /// nil if they are not known yet, or there are none.
    private func serviceTargets() -> [Target]? {
      if question.isFree, answers.pointers == nil, !isWaitedEnough { return nil }
      let sets = answers.serviceNames(of: question)
      for set in sets { askService(set.name) }
      guard isWaitedEnough || sets.allSatisfy({ answers.services[$0.name] != nil }) else { return nil }
      let chosen = answers.chosenServices(sets)
      for (record, _) in chosen where NumericAddress(record.name) == nil { askHost(record.name) }
      guard !chosen.isEmpty, isWaitedEnough || chosen.allSatisfy({ answers.serviceHosts[$0.record.name] != nil }) else {
        return nil
      }
      let found = chosen.flatMap { record, transport in
        question.targets(answers.serviceHosts[record.name]?.records.map(\.name) ?? [], transport, record.port)
      }
      return found.isEmpty ? nil : found
    }

    private func settle(_ result: Result<[Target], NameError>) {
      let result = result.map { targets in
        // Unreachable targets are not dropped, but come last.
        let known = targets.prefix(Self.maximumTargets).map { ($0, LocalPath.local(for: $0.host).failure == nil) }
        return known.filter(\.1).map(\.0) + known.filter { !$0.1 }.map(\.0)
      }
      timers = []
      open = []
      loop.post { [weak self] in
        guard let self, let handler = self.handler else { return }
        self.handler = nil
        self.servers = nil
        handler(result)
      }
    }
  }
#endif

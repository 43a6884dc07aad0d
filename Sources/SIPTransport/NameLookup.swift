// SPDX-License-Identifier: Apache-2.0
#if SIP
  import SIPDialogs

  /// One lookup of a SIP address.
  public final class NameLookup {
    private let loop: SIPLoop
    /// The host to look up, against which TLS checks certificates.
    private let host: String
    private let port: UInt16?
    private let name: String?
    private var handler: ((Result<[Target], NameError>) -> Void)?
    private var servers: NameServers?
    private var timers: [Timer] = []
    private let begun: Int64

    /// In order of preference.
    private var candidates: [Target.Transport] = []
    private let isSecure: Bool
    private let isFree: Bool

    private var addresses: NameServers.Outcome?
    private var pointers: NameServers.Outcome?
    /// By name.
    private var services: [String: NameServers.Outcome] = [:]
    private var serviceHosts: [String: NameServers.Outcome] = [:]
    private var open: Set<String> = []
    private var isWaitedEnough = false

    public static let deadline: Int64 = 10_000
    /// How long to wait for NAPTR and SRV once there are addresses.
    private static let courtesy: Int64 = 2_000
    private static let maximumServices = 8
    private static let maximumTargets = 16

    init(
      _ loop: SIPLoop, _ uri: SIPURI, _ wish: Target.Transport?,
      _ handler: @escaping (Result<[Target], NameError>) -> Void
    ) {
      (self.loop, self.handler, port) = (loop, handler, uri.port)
      begun = loop.now
      host = uri.parameters["maddr"] ?? uri.host
      name = NumericAddress(uri.host) == nil ? uri.host : nil
      isSecure = uri.scheme == .sips
      let said = uri.transport.map { Target.Transport(rawValue: $0) }
      isFree = !isSecure && said == nil && wish == nil
      candidates = isSecure ? [.tls] : ((said ?? nil) ?? wish).map { [$0] } ?? [.udp, .tcp]
      if let text = uri.transport, Target.Transport(rawValue: text) == nil {
        settle(.failure(.transport(text)))
      } else {
        begin()
      }
    }

    private var firstChoice: Target.Transport { candidates.first ?? .udp }

    private func begin() {
      let host = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
      if NumericAddress(host) != nil { return settle(.success(targets([host], firstChoice, port))) }
      // By its last label (RFC 6761): both families, whatever the hosts file says.
      if host == "localhost" || host.hasSuffix(".localhost") {
        return settle(.success(targets(["::1", "127.0.0.1"], firstChoice, port)))
      }
      do throws(TransportError) { servers = try NameServers(loop) } catch {
        return settle(.failure(.failed(host, reason: error.description)))
      }
      var local: NameServers.Outcome?
      servers?.hosts(host) { local = $0 }
      // An entry in the hosts file means that host, whatever services its domain has.
      if let records = local?.records, !records.isEmpty {
        return settle(.success(targets(records.map(\.name), firstChoice, port)))
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
      question("A") { servers, done in
        servers.addresses(self.host, done)
      } answer: {
        self.addresses = $0
      }
      if port == nil {
        if isFree {
          question("NAPTR") { servers, done in
            servers.pointers(self.host, done)
          } answer: {
            self.pointers = $0
          }
        }
        for transport in candidates { askService(Self.service(transport) + "." + host) }
      }
    }

    private func askService(_ name: String) {
      guard services[name] == nil, !open.contains(name) else { return }
      question(name) { servers, done in
        servers.services(name, done)
      } answer: {
        self.services[name] = $0
      }
    }

    private func askHost(_ name: String) {
      guard serviceHosts[name] == nil, !open.contains("A " + name) else { return }
      var local: NameServers.Outcome?
      servers?.hosts(name) { local = $0 }
      if let local, !local.records.isEmpty {
        serviceHosts[name] = local
        return
      }
      question("A " + name) { servers, done in
        servers.addresses(name, done)
      } answer: {
        self.serviceHosts[name] = $0
      }
    }

    private func question(
      _ key: String, _ ask: (NameServers, @escaping (NameServers.Outcome) -> Void) -> Void,
      answer: @escaping (NameServers.Outcome) -> Void
    ) {
      guard let servers, handler != nil else { return }
      open.insert(key)
      ask(servers) { [weak self] outcome in
        // c-ares must not be freed while it is running.
        self?.loop.post {
          guard let self, self.handler != nil else { return }
          answer(outcome)
          self.open.remove(key)
          self.conclude()
        }
      }
    }

    // MARK: What comes of it

    private func conclude() {
      guard handler != nil else { return }
      // With a port, there is no choice.
      if port == nil, let found = serviceTargets() { return settle(.success(found)) }
      guard open.isEmpty || isWaitedEnough else {
        if let addresses, !addresses.records.isEmpty, timers.count == 1 {
          timers.append(
            loop.timer(after: Self.courtesy) { [unowned self] in
              isWaitedEnough = true
              conclude()
            })
        }
        return
      }
      if port == nil, isRefused { return settle(.failure(.notOffered(host))) }
      switch addresses {
      case .found(let records): settle(.success(targets(records.map(\.name), firstChoice, port)))
      case .some(.none): settle(.failure(.notFound(host)))
      case .failed(let reason): settle(.failure(.failed(host, reason: reason)))
      case .silence, nil: settle(.failure(.noAnswer(host, milliseconds: loop.now - begun)))
      }
    }

    /// nil if they are not known yet, or there are none.
    private func serviceTargets() -> [Target]? {
      if isFree, pointers == nil, !isWaitedEnough { return nil }
      let sets = serviceNames()
      for set in sets { askService(set.name) }
      guard isWaitedEnough || sets.allSatisfy({ services[$0.name] != nil }) else { return nil }
      var chosen: [(record: NameServers.Record, transport: Target.Transport)] = []
      for set in sets {
        let records = ServiceOrder.sorted(services[set.name]?.records ?? [])
        chosen += records.filter { $0.name != "." && !$0.name.isEmpty }.map { ($0, set.transport) }
      }
      chosen = Array(chosen.prefix(Self.maximumServices))
      for (record, _) in chosen where NumericAddress(record.name) == nil { askHost(record.name) }
      guard !chosen.isEmpty, isWaitedEnough || chosen.allSatisfy({ serviceHosts[$0.record.name] != nil }) else {
        return nil
      }
      let found = chosen.flatMap { record, transport in
        targets(serviceHosts[record.name]?.records.map(\.name) ?? [], transport, record.port)
      }
      return found.isEmpty ? nil : found
    }

    /// The names from NAPTR; without it, those that RFC 3263 4.1 constructs.
    private func serviceNames() -> [(name: String, transport: Target.Transport)] {
      let pointed = (pointers?.records ?? []).sorted { ($0.order, $0.weight) < ($1.order, $1.weight) }
        .compactMap { record -> (name: String, transport: Target.Transport)? in
          guard record.flags.lowercased() == "s", !record.name.isEmpty,
            let transport = Self.transport(record.service.uppercased())
          else { return nil }
          return (record.name, transport)
        }
      guard pointed.isEmpty else { return Array(pointed.prefix(Self.maximumServices)) }
      return candidates.map { (Self.service($0) + "." + host, $0) }
    }

    /// The root as the only target (RFC 2782).
    private var isRefused: Bool {
      let answers = serviceNames().map { services[$0.name]?.records ?? [] }
      return !answers.joined().isEmpty && answers.joined().allSatisfy { $0.name == "." || $0.name.isEmpty }
    }

    private static func service(_ transport: Target.Transport) -> String {
      switch transport {
      case .udp: "_sip._udp"
      case .tcp: "_sip._tcp"
      case .tls: "_sips._tcp"
      }
    }

    private static func transport(_ service: String) -> Target.Transport? {
      ["SIP+D2U": .udp, "SIP+D2T": .tcp, "SIPS+D2T": .tls][service]
    }

    private func targets(_ hosts: [String], _ transport: Target.Transport, _ port: UInt16?) -> [Target] {
      hosts.map { Target(transport, $0, port ?? transport.defaultPort, name: name) }
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

// SPDX-License-Identifier: Apache-2.0
#if SIP
  import CallMedia
  import SIPDialogs
  import SIPTransport

  /// The paths to the far end: what its name means, SIP sockets at the addresses that lead there, and ports for sound beside them.
  final class SIPPaths {
    enum Event {
      case resolved([Target])
      case notResolved(String)
      case opened(LocalEnd)
      case notOpened([Target], String)
      /// There will be none, whatever the target: the reason, for people.
      case broken(String)
      case path(CallInput.PathChange)
      case request(SIPMessage, Target, ServerTransaction)
      case stray(SIPMessage, Target)
      case lostConnection(Target)
    }

    private struct Place: Hashable {
      var address: String
      var transport: Target.Transport
    }

    private let loop: SIPLoop
    /// nil: there will be no call.
    private let sound: SoundController?
    private let tell: (Event) -> Void
    private var agents: [Place: SIPAgent] = [:]
    private var races: [ObjectIdentifier: ConnectionRace] = [:]
    private var path: PathWatch?
    private var lookup: NameLookup?

    init(loop: SIPLoop, sound: SoundController?, tell: @escaping (Event) -> Void) {
      (self.loop, self.sound, self.tell) = (loop, sound, tell)
    }

    func agent(of end: LocalEnd) -> SIPAgent? { agents[Place(address: end.address, transport: end.target.transport)] }

    func resolve(_ uri: SIPURI, _ transport: Target.Transport?) {
      lookup = NameResolver(loop: loop).resolve(uri, transport: transport) { [weak self] result in
        switch result {
        case .success(let targets): self?.tell(.resolved(targets))
        case .failure(let error): self?.tell(.notResolved("\(error)"))
        }
      }
    }

    /// The address of the far end: changes of the path to it are reported.
    func watch(_ host: String) {
      if let path { return path.host = host }
      path = try? PathWatch(loop: loop, host: host) { [unowned self] change in
        // Responses to what was sent from the other address do not arrive there.
        if case .found = change {} else { tell(.path(.lost)) }
        if case .lost = change {} else { tell(.path(.found)) }
      }
    }

    /// Opens a path to the first reachable target. If a connection is needed, only targets that accept one count.
    func open(_ targets: [Target], preferring preferred: LocalEnd?) {
      open(Search(targets: targets, preferred: preferred, isForSound: true, tell: tell))
    }

    /// Opens a path without ports for sound; `.opened` or `.notOpened` follows.
    func openForSignalling(
      _ targets: [Target], preferring preferred: LocalEnd?, _ tell: @escaping (Event) -> Void
    ) {
      open(Search(targets: targets, preferred: preferred, isForSound: false, tell: tell))
    }

    private struct Search {
      var targets: [Target]
      var preferred: LocalEnd?
      var isForSound: Bool
      var tell: (Event) -> Void

      func with(_ targets: [Target]) -> Search {
        var search = self
        search.targets = targets
        return search
      }
    }

    private func open(_ search: Search) {
      let targets = search.targets
      guard let first = targets.first else { return }
      guard search.preferred == nil, first.transport.isReliable else { return openFirst(search) }
      let connected = targets.prefix { $0.transport.isReliable }
      let race = ConnectionRace(loop: loop, targets: Array(connected)) { [weak self] race, outcome in
        guard let self else { return }
        races[ObjectIdentifier(race)] = nil
        switch outcome {
        case .success(let target): openFirst(search.with([target]))
        case .failure(let failures):
          let why = failures.reasons.first.map { "\($0.reason)" } ?? ""
          let rest = targets.dropFirst(connected.count)
          if rest.isEmpty { search.tell(.notOpened(targets, why)) } else { open(search.with(Array(rest))) }
        }
      }
      races[ObjectIdentifier(race)] = race
    }

    private func openFirst(_ search: Search) {
      var why = ""
      for target in search.targets {
        switch LocalPath.carried(to: target.host) {
        case .none(let failure): why = "\(failure)"
        case .address(let address):
          do { return search.tell(.opened(try open(target, at: address, search))) } catch let error as MediaError {
            return search.tell(.broken("\(error)"))
          } catch { why = "\(error)" }
        }
      }
      search.tell(.notOpened(search.targets, why))
    }

    private func open(_ target: Target, at address: String, _ search: Search) throws -> LocalEnd {
      let preferred = search.preferred
      let isSame = preferred?.address == address
      let place = Place(address: address, transport: target.transport)
      let agent = try agents[place] ?? newAgent(at: place, port: preferred?.port)
      agents[place] = agent
      let port = agent.localPort(for: target.transport) ?? 0
      guard search.isForSound, let sound else {
        return LocalEnd(target: target, address: address, port: port, mediaPort: 0, controlPort: 0)
      }
      let ports = try sound.open(address, preferring: isSame ? preferred : nil)
      return LocalEnd(
        target: target, address: address, port: port, mediaPort: ports.rtp, controlPort: ports.control)
    }

    private func newAgent(at place: Place, port: UInt16?) throws -> SIPAgent {
      let agent = try SIPAgent(loop: loop, address: place.address, transports: [place.transport], port: port)
      agent.onRequest = { [unowned self] in tell(.request($0, $1, $2)) }
      agent.onStray = { [unowned self] in tell(.stray($0, $1)) }
      agent.onLostConnection = { [unowned self] in tell(.lostConnection($0)) }
      return agent
    }
  }
#endif

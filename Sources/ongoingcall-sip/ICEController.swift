// SPDX-License-Identifier: Apache-2.0
#if SIP
  import CallMedia
  import NATTraversal
  import SIPDialogs
  import SIPTransport

  /// Finds ways for the sound between networks (RFC 8445): an agent for each local address.
  final class ICEController {
    enum Event {
      /// A path for sound is open, and these are the ways that lead to it.
      case opened(LocalEnd)
      /// The sound at this local address goes this way from now on.
      case path(MediaPath, address: String)
      /// ``memory(at:)`` has changed.
      case remembered
      /// The far end does not answer on its way any more. What was opened for that local address is to be opened again.
      case lost(address: String)
    }

    private struct Way {
      /// Of its socket.
      var local: TransportAddress
      var agent: ICEAgent
      /// Who has asked for it, and waits for what the servers answer.
      var waiting: [LocalEnd] = []
      var remote: ICEDescription?
      var timer: Timer?
    }

    private let settings: ICESettings
    private let loop: SIPLoop
    private let sound: SoundController
    private let tell: (Event) -> Void
    private var ways: [String: Way] = [:]
    /// Of the previous process.
    private var before: (end: LocalEnd, memory: ICEAgent.Memory)?
    private var servers: ICEServers?
    private var lookup: ICEServerLookup?
    private var waiting: [LocalEnd] = []
    private var complaints: Set<String> = []

    init(
      _ settings: ICESettings, ticket: CallTicket?, loop: SIPLoop, sound: SoundController,
      tell: @escaping (Event) -> Void
    ) {
      (self.settings, self.loop, self.sound, self.tell) = (settings, loop, sound, tell)
      if let memory = ticket?.connectivity, let end = ticket?.end { before = (end, memory) }
      lookup = ICEServerLookup(settings, loop: loop) { [unowned self] in found($0) }
      sound.onDatagram = { [unowned self] datagram, address in
        handle(address) { $0.received(datagram.bytes, from: datagram.source, at: loop.now) }
      }
    }

    private func found(_ servers: ICEServers) {
      self.servers = servers
      servers.problems.forEach(complainOnce)
      for (address, way) in ways {
        let relay = way.agent.memory.turnServer
        ways[address]?.agent.use(settings.agent(at: way.local, servers, relay: relay))
      }
      let ends = waiting
      waiting = []
      for end in ends { open(end) }
    }

    /// The path for sound at an end is open; `.opened` follows.
    func open(_ end: LocalEnd) {
      guard let local = TransportAddress(host: end.address, port: end.mediaPort) else { return tell(.opened(end)) }
      if var way = ways[end.address], way.local == local {
        guard way.waiting.isEmpty, way.remote != nil else {
          if way.waiting.isEmpty { return tell(.opened(described(end))) }
          return ways[end.address]?.waiting.append(end) ?? ()
        }
        // The network may be another one than when these ways were found. Even if the far end's stay as they are, they
        // are checked again.
        (way.waiting, way.remote) = ([end], nil)
        ways[end.address] = way
        return handle(end.address) { $0.restart(at: loop.now) }
      }
      if let before, (before.end.address, before.end.mediaPort) == (end.address, end.mediaPort) {
        self.before = nil
        return takeUp(before.memory, local, end)
      }
      guard let servers else { return waiting.append(end) }
      do { try sound.keepDatagrams(at: end.address) } catch {
        complainOnce("\(error)")
        return tell(.opened(end))
      }
      ways[end.address] = Way(
        local: local, agent: ICEAgent(settings.agent(at: local, servers), .openSSL), waiting: [end])
      handle(end.address) { $0.gather(at: loop.now) }
    }

    /// Goes on by the way of the previous process, at once.
    private func takeUp(_ memory: ICEAgent.Memory, _ local: TransportAddress, _ end: LocalEnd) {
      do { try sound.keepDatagrams(at: end.address) } catch { return tell(.opened(end)) }
      let settings = settings.agent(at: local, servers ?? ICEServers(), relay: memory.turnServer)
      let agent = ICEAgent(settings, memory: memory, .openSSL)
      ways[end.address] = Way(local: local, agent: agent)
      if let path = agent.selected { tell(.path(.checked(path), address: end.address)) }
      tell(.opened(described(end)))
      handle(end.address) { $0.tick(at: loop.now) }
    }

    private func described(_ end: LocalEnd) -> LocalEnd {
      var end = end
      end.ice = ways[end.address]?.agent.description
      return end
    }

    /// What the far end's description says; nil: it does not use ICE, but it may later.
    func connect(_ remote: ICEDescription?, at address: String) {
      guard let remote, let way = ways[address], way.remote != remote else { return }
      ways[address]?.remote = remote
      // Another far end has answered than the one that the sound went to.
      if let known = way.remote, known.userFragment != remote.userFragment {
        tell(.path(.awaited, address: address))
      }
      handle(address) { $0.connect(to: remote, at: loop.now) }
    }

    /// The far end's offer names other ways; if they mean that all checks begin anew, this end has a new description.
    func offered(_ remote: ICEDescription, at end: LocalEnd) -> LocalEnd? {
      guard let way = ways[end.address], let known = way.remote, known.userFragment != remote.userFragment else {
        return nil
      }
      ways[end.address]?.remote = remote
      handle(end.address) { $0.connect(to: remote, inOffer: true, at: loop.now) }
      return described(end)
    }

    /// What a successor needs of the way that the sound takes.
    func memory(at address: String) -> ICEAgent.Memory? { ways[address]?.agent.memory }

    /// The call goes by one address. What servers keep for the others is released, unless they have just been asked.
    func keepOnly(_ address: String) {
      for other in ways.keys where other != address && ways[other]?.waiting.isEmpty == true {
        handle(other) { $0.close(at: loop.now) }
        ways[other] = nil
      }
    }

    /// Releases what servers keep for this end.
    func close() {
      for address in ways.keys { handle(address) { $0.close(at: loop.now) } }
      ways = [:]
    }

    // MARK: - Its agents

    private func handle(_ address: String, _ body: (inout ICEAgent) -> [ICEEffect]) {
      guard var agent = ways[address]?.agent else { return }
      let effects = body(&agent)
      ways[address]?.agent = agent
      agent.failures.forEach { complainOnce("\($0)") }
      for effect in effects { perform(effect, at: address) }
      let timer = ways[address]?.agent.nextDeadline.map { deadline in
        loop.timer(at: deadline) { [unowned self] in handle(address) { $0.tick(at: loop.now) } }
      }
      ways[address]?.timer = timer
    }

    private func perform(_ effect: ICEEffect, at address: String) {
      switch effect {
      case .send(let bytes, let target): sound.send(bytes, to: target, from: address)
      case .gathered:
        let ends = ways[address]?.waiting ?? []
        ways[address]?.waiting = []
        for end in ends { tell(.opened(described(end))) }
      case .selected(let path): tell(.path(.checked(path), address: address))
      case .remembered: tell(.remembered)
      case .failed(let failure):
        complainOnce("\(failure)")
        // That of a restart: the sound still has its way.
        guard ways[address]?.agent.selected == nil else { break }
        // What is on the way may pass it on nevertheless; but who wants a relay must not go without.
        tell(.path(settings.relayOnly ? .awaited : .negotiated, address: address))
      case .lost:
        tell(.path(.awaited, address: address))
        tell(.lost(address: address))
      }
    }

    private func complainOnce(_ text: String) {
      if complaints.insert(text).inserted { complain("<4>\(text)") }
    }
  }
#endif

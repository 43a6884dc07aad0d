// SPDX-License-Identifier: Apache-2.0
#if SIP
  import CallMedia
  import NATTraversal
  import SIPDialogs
  import SIPTransport

  /// Asks the STUN and TURN servers of an account what its calls ask them, from a port for sound.
  final class ServerTest {
    private let settings: ICESettings
    private let loop: SIPLoop
    /// Of each server, in order: what it says, or why it is of no use.
    private let found: (ServerFailure.Service, _ isOK: Bool, String) -> Void
    private let done: () -> Void
    private var lookup: ICEServerLookup?
    private var waiting: [(service: ServerFailure.Service, addresses: [TransportAddress], problem: String)] = []

    private var service = ServerFailure.Service.stun
    private var media: CallMedia?
    private var agent: ICEAgent?
    private var watch: DescriptorWatch?
    private var timer: Timer?
    private var isReleasing = false

    init(
      _ settings: ICESettings, loop: SIPLoop, found: @escaping (ServerFailure.Service, Bool, String) -> Void,
      done: @escaping () -> Void
    ) {
      (self.settings, self.loop, self.found, self.done) = (settings, loop, found, done)
      lookup = ICEServerLookup(settings, loop: loop) { [unowned self] in resolved($0) }
    }

    private func resolved(_ servers: ICEServers) {
      func problem(_ server: SIPURI) -> String {
        servers.problems.first { $0.hasPrefix("\(server.host):") } ?? servers.problems.first ?? "it has no address"
      }
      settings.stunServer.map { waiting.append((.stun, servers.stun, problem($0))) }
      settings.turnServer.map { waiting.append((.turn, servers.turn, problem($0))) }
      askNext()
    }

    private func askNext() {
      guard !waiting.isEmpty else { return done() }
      let next = waiting.removeFirst()
      (service, isReleasing) = (next.service, false)
      guard !next.addresses.isEmpty else { return say(false, next.problem) }
      var why = ""
      for server in next.addresses {
        switch LocalPath.carried(to: server.host) {
        case .none(let failure): why = "\(server): \(failure)"
        case .address(let address):
          do { return try ask(server, from: address) } catch { return say(false, "\(error)") }
        }
      }
      say(false, why)
    }

    private func ask(_ server: TransportAddress, from address: String) throws(MediaError) {
      let nobody = StreamIdentity(source: 0, firstSequence: 0, firstTimestamp: 0, epoch: 0)
      let media = try CallMedia(CallMedia.Settings(localAddress: address, identity: nobody, muted: true))
      try media.keepDatagrams()
      guard let local = TransportAddress(host: address, port: media.ports.rtp) else {
        return say(false, "\(address) is no address")
      }
      let account = TURNAccount(server: server, user: settings.user, password: settings.password)
      let wanted = ICEAgent.Settings(
        local: local, stunServer: service == .stun ? server : nil, turnServer: service == .turn ? account : nil,
        isControlling: true)
      (self.media, agent) = (media, ICEAgent(wanted, .openSSL))
      watch = try? loop.watch(media.descriptor, for: .readable) { [unowned self] _ in
        _ = self.media?.dispatch()
        for datagram in self.media?.takeDatagrams() ?? [] {
          handle { $0.received(datagram.bytes, from: datagram.source, at: loop.now) }
        }
      }
      handle { $0.gather(at: loop.now) }
    }

    private func handle(_ body: (inout ICEAgent) -> [ICEEffect]) {
      guard var agent else { return }
      let effects = body(&agent)
      self.agent = agent
      timer = agent.nextDeadline.map { deadline in
        loop.timer(at: deadline) { [unowned self] in handle { $0.tick(at: loop.now) } }
      }
      for effect in effects {
        switch effect {
        case .send(let bytes, let target): media?.send(bytes, to: target)
        case .gathered: gathered()
        default: break
        }
      }
      // It is given back, or the server does not say so.
      if isReleasing, self.agent?.nextDeadline == nil { say(true, text) }
    }

    private var text = ""

    private func gathered() {
      guard let agent, !isReleasing else { return }
      if let failure = agent.failures.first(where: { $0.service == service }) { return say(false, "\(failure)") }
      let candidates = agent.description.candidates
      switch service {
      case .stun:
        let seen = candidates.first { $0.kind == .serverReflexive }?.address
        say(true, seen.map { "it sees \($0)" } ?? "it sees this machine's own address")
      case .turn:
        guard let relayed = candidates.first(where: { $0.kind == .relayed })?.address else {
          return say(false, "it gives no address")
        }
        (text, isReleasing) = ("it relays by \(relayed), which was given back", true)
        handle { $0.close(at: loop.now) }
      }
    }

    private func say(_ isOK: Bool, _ detail: String) {
      (agent, timer, watch) = (nil, nil, nil)
      media?.close()
      media = nil
      found(service, isOK, detail)
      if isOK { loop.post { [unowned self] in askNext() } } else { done() }
    }
  }
#endif

// SPDX-License-Identifier: Apache-2.0
#if SIP
  import NATTraversal
  import SIPDialogs
  import SIPTransport

  /// The addresses of an account's STUN and TURN servers.
  struct ICEServers {
    var stun: [TransportAddress] = []
    var turn: [TransportAddress] = []
    /// For people.
    var problems: [String] = []
    /// One of them, where there is no TURN server.
    var problemOfTURN: String?
  }

  /// Looks their names up. A call does not wait for long: without them, it has fewer ways.
  final class ICEServerLookup {
    private var servers = ICEServers()
    private var lookups: [NameLookup] = []
    private var deadline: Timer?
    private var pending = 0
    private let done: (ICEServers) -> Void

    private static let patience: Int64 = 1500

    /// `done` is called once, and not from within this call.
    init(_ settings: ICESettings, loop: SIPLoop, done: @escaping (ICEServers) -> Void) {
      self.done = done
      let resolver = NameResolver(loop: loop)
      look(settings.stunServer, \.stun, resolver)
      // A TURN server answers what a STUN server is asked as well.
      look(settings.turnServer, \.turn, resolver)
      deadline = loop.timer(after: pending == 0 ? 0 : Self.patience) { [unowned self] in
        if pending > 0 { fail("the name server does not answer for the STUN and TURN servers", of: \.turn) }
        finish()
      }
    }

    private func look(
      _ server: SIPURI?, _ list: WritableKeyPath<ICEServers, [TransportAddress]>, _ resolver: NameResolver
    ) {
      guard let server else { return }
      pending += 1
      lookups.append(
        resolver.resolve(server, transport: .udp) { [unowned self] result in
          switch result {
          case .success(let targets):
            servers[keyPath: list] = targets.compactMap { TransportAddress(host: $0.host, port: $0.port) }
          case .failure(let error): fail("\(server.host): \(error)", of: list)
          }
          pending -= 1
          if pending == 0 { finish() }
        })
    }

    private func fail(_ problem: String, of list: WritableKeyPath<ICEServers, [TransportAddress]>) {
      servers.problems.append(problem)
      if list == \.turn, servers.turn.isEmpty { servers.problemOfTURN = problem }
    }

    private func finish() {
      guard deadline != nil else { return }
      deadline = nil
      lookups = []
      done(servers)
    }
  }
#endif

// SPDX-License-Identifier: Apache-2.0
#if SIP
  import SIPDialogs
  import Testing

  @testable import SIPTransport

  extension TransportTests {
    /// Loops, names and ways.
    @Suite struct PlaceTests {
      let loop: SIPLoop

      init() throws { loop = try SIPLoop() }

      private func targets(_ uri: String, _ transport: Target.Transport? = nil) throws -> Result<[Target], NameError> {
        var result: Result<[Target], NameError>?
        let lookup = NameResolver(loop: loop).resolve(try SIPURI(uri), transport: transport) { result = $0 }
        run(loop) { result != nil }
        return try withExtendedLifetime(lookup) { try #require(result) }
      }

      @Test func timersFireInTheirOrder() {
        var fired: [Int] = []
        let timers = [30, 10, 20].map { time in loop.timer(after: Int64(time)) { fired.append(time) } }
        loop.post { fired.append(0) }
        let cancelled = loop.timer(after: 5) { fired.append(-1) }
        cancelled.cancel()
        withExtendedLifetime(timers) { run(loop) { fired.count == 4 } }
        #expect(fired == [0, 10, 20, 30])
      }

      @Test func numbersAreTheirOwnPlace() throws {
        #expect(try targets("sip:x@127.0.0.1") == .success([Target(.udp, "127.0.0.1", 5060)]))
        #expect(try targets("sip:x@[::1]:7000;transport=tcp") == .success([Target(.tcp, "::1", 7000)]))
        #expect(try targets("sips:x@127.0.0.1") == .success([Target(.tls, "127.0.0.1", 5061)]))
        #expect(try targets("sip:x@127.0.0.1", .tcp) == .success([Target(.tcp, "127.0.0.1", 5060)]))
        #expect(try targets("sip:x@127.0.0.1;transport=sctp") == .failure(.transport("sctp")))
      }

      @Test func localhostHasBothFamilies() throws {
        let found = try targets("sip:x@localhost:6000").get()
        #expect(Set(found.map(\.host)) == ["127.0.0.1", "::1"])
        #expect(found.allSatisfy { $0.name == "localhost" && $0.port == 6000 })
      }

      @Test func servicesAreDrawnByTheirWeights() {
        let records = [(10, 0), (10, 60), (10, 40), (5, 1)].enumerated().map { place, pair in
          NameServers.Record(name: "\(place)", order: UInt16(pair.0), weight: UInt16(pair.1))
        }
        var first: [String: Int] = [:]
        for _ in 0..<2000 {
          let sorted = ServiceOrder.sorted(records).map(\.name)
          #expect(sorted.first == "3" && Set(sorted).count == 4)
          first[sorted[1], default: 0] += 1
        }
        #expect((1050...1350).contains(first["1"] ?? 0))
        #expect((650...950).contains(first["2"] ?? 0))
      }

      @Test func loopbackIsKnownByItsAddress() {
        #expect(LocalPath.local(for: "127.0.0.5").isLoopback)
        #expect(LocalPath.carried(to: "127.0.0.1").address == "127.0.0.1")
        #expect(LocalPath.local(for: "not a number").failure != nil)
      }

      @Test func raceIsLostWithReasons() throws {
        let far = try SIPAgent(loop: loop, address: "127.0.0.1", transports: [.tcp])
        let dead = try SIPAgent(loop: loop, address: "127.0.0.1", transports: [.tcp])
        let open = Target(.tcp, "127.0.0.1", far.localPort(for: .tcp) ?? 0)
        let closed = Target(.tcp, "127.0.0.1", dead.localPort(for: .tcp) ?? 0)
        dead.close()
        var outcomes: [Result<Target, ConnectionRace.Failures>] = []
        let races = [[closed, open], [closed], []].map { targets in
          ConnectionRace(loop: loop, targets: targets, always: true) { outcomes.append($1) }
        }
        withExtendedLifetime(races) { run(loop) { outcomes.count == 3 } }
        #expect(outcomes.contains(.success(open)))
        #expect(outcomes.contains(.failure(.init(reasons: [(closed, .refused)]))))
        #expect(outcomes.contains(.failure(.init(reasons: []))))
      }
    }
  }
#endif

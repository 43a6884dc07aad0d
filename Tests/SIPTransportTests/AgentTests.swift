// SPDX-License-Identifier: Apache-2.0
#if SIP
  import Glibc
  import SIPDialogs
  import Testing

  @testable import SIPTransport

  extension TransportTests {
    @Suite final class AgentTests {
      let loop: SIPLoop
      let near: SIPAgent
      let far: SIPAgent

      init() throws {
        loop = try SIPLoop()
        near = try SIPAgent(loop: loop, address: "127.0.0.1", transports: [.udp, .tcp])
        far = try SIPAgent(loop: loop, address: "127.0.0.1", transports: [.udp, .tcp])
      }

      deinit {
        for agent in [near, far] {
          // A transaction that a handler has kept keeps its agent.
          agent.onRequest = { _, _, _ in }
          agent.close()
        }
      }

      private func target(_ transport: Target.Transport) -> Target {
        Target(transport, "127.0.0.1", far.localPort(for: transport) ?? 0)
      }

      @Test(arguments: [Target.Transport.udp, .tcp])
      func callIsAnsweredAcknowledgedAndEnded(over transport: Target.Transport) {
        let target = target(transport)
        var statuses: [Int] = []
        var acknowledged: SIPMessage?
        far.onRequest = { message, _, transaction in
          transaction.onAcknowledge = { acknowledged = $0 }
          if message.method == "INVITE" { transaction.respond(response(180, to: message)) }
          transaction.respond(response(200, to: message))
        }
        near.send(request("INVITE", from: near, to: target, branch: "z9hG4bKcall"), to: target) { event in
          guard case .response(let message, let source) = event, let status = message.status else { return }
          #expect(source.port == target.port)
          statuses.append(status)
        }
        // Not acknowledged, it is said again.
        run(loop) { statuses.count { $0 == 200 } >= 2 }
        #expect(statuses.first == 180)
        var acknowledge = request("ACK", from: near, to: target, branch: "z9hG4bKack")
        acknowledge["Call-ID"] = "call-of-z9hG4bKcall"
        acknowledge["To"] = "<sip:far@127.0.0.1>;tag=far"
        near.sendAcknowledge(acknowledge, to: target)
        run(loop) { acknowledged != nil }
        #expect(acknowledged?.method == "ACK")
      }

      /// What is expected of others has pushed it out.
      @Test func aCertificateOfWhichNothingIsKnownIsNotTaken() throws {
        let secure = try SIPAgent(loop: loop, address: "127.0.0.1", transports: [.tls])
        defer { secure.close() }
        var failures: [TransportFailure] = []
        func send(to port: UInt16, _ note: @escaping (TransportFailure) -> Void = { _ in }) {
          let target = Target(.tls, "127.0.0.1", port)
          secure.send(request("OPTIONS", from: secure, to: target, branch: "z9hG4bKto\(port)"), to: target) { event in
            if case .failed(let failure) = event { note(failure) }
          }
        }
        send(to: far.localPort(for: .tcp) ?? 0) { failures.append($0) }
        for port in 1...16 { send(to: UInt16(port)) }
        run(loop) { !failures.isEmpty }
        #expect(failures == [.tls("no name is known that its certificate must be for")])
      }

      @Test func everyForkIsTold() {
        let target = target(.udp)
        var tags: [String] = []
        var invite: (message: SIPMessage, transaction: ServerTransaction)?
        far.onRequest = { invite = ($0, $2) }
        near.send(request("INVITE", from: near, to: target, branch: "z9hG4bKfork"), to: target) { event in
          if case .response(let message, _) = event, let tag = message.toTag { tags.append(tag) }
        }
        run(loop) { invite != nil }
        let socket = LooseSocket()
        defer { socket.close() }
        for tag in ["one", "two"] {
          guard let invite else { return }
          socket.send(response(200, to: invite.message, tag: tag).bytes, to: near.localPort(for: .udp) ?? 0)
        }
        run(loop) { tags.count >= 2 }
        #expect(tags == ["one", "two"])
      }

      @Test func refusalIsAcknowledgedByItself() {
        let target = target(.udp)
        var status: Int?
        var isAcknowledged = false
        far.onRequest = { message, _, transaction in
          transaction.onAcknowledge = { _ in isAcknowledged = true }
          transaction.respond(response(486, to: message))
        }
        near.send(request("INVITE", from: near, to: target, branch: "z9hG4bKbusy"), to: target) { event in
          if case .response(let message, _) = event { status = message.status }
        }
        run(loop) { isAcknowledged }
        #expect(status == 486)
      }

      @Test func inviteOfAProcessBeforeIsCancelled() {
        let target = target(.udp)
        var (cancelled, statuses) = (false, [Int]())
        far.onRequest = { message, _, transaction in
          transaction.onCancel = { [unowned transaction] _ in
            cancelled = true
            transaction.respond(response(487, to: message))
          }
          transaction.respond(response(180, to: message))
        }
        let old = near.send(request("INVITE", from: near, to: target, branch: "z9hG4bKold"), to: target) { event in
          if case .response(let message, _) = event { statuses.append(message.status ?? 0) }
        }
        run(loop) { statuses == [180] }
        old.forget()
        let cancel = request("CANCEL", from: near, to: target, branch: "z9hG4bKold")
        near.send(cancel, to: target) { event in
          if case .response(let message, _) = event { statuses.append(message.status ?? 0) }
        }
        run(loop) { statuses == [180, 200] && cancelled }
      }

      @Test(arguments: [Target.Transport.udp, .tcp])
      func nobodyListening(over transport: Target.Transport) {
        let target = target(transport)
        far.close()
        var failure: TransportFailure?
        near.send(request("INVITE", from: near, to: target, branch: "z9hG4bKnobody"), to: target) { event in
          if case .failed(let reason) = event { failure = reason }
        }
        #expect(failure == nil)
        run(loop, seconds: 3) { failure != nil }
        #expect(failure == .refused)
      }

      @Test func connectionsComeFromWhereTheAgentListens() throws {
        let target = target(.tcp)
        var sources: [UInt16] = []
        var lost: [Target] = []
        far.onRequest = { message, source, transaction in
          sources.append(source.port)
          transaction.respond(response(200, to: message))
        }
        near.onLostConnection = { lost.append($0) }
        near.send(request("OPTIONS", from: near, to: target, branch: "z9hG4bKone"), to: target) { _ in }
        run(loop) { sources.count == 1 }
        #expect(lost == [])
        far.close()
        run(loop) { !lost.isEmpty }
        #expect(lost == [target])
        // The far end is back, and so is the other end of the connection.
        let again = try SIPAgent(loop: loop, address: "127.0.0.1", transports: [.tcp], port: target.port)
        defer { again.close() }
        again.onRequest = far.onRequest
        near.send(request("OPTIONS", from: near, to: target, branch: "z9hG4bKtwo"), to: target) { _ in }
        run(loop) { sources.count == 2 }
        let own = try #require(near.localPort(for: .tcp))
        #expect(sources == [own, own])
        near.onLostConnection = { _ in }
      }

      /// A registrar and a call, for instance.
      @Test func connectionsToSeveralPeersAreWatched() throws {
        let registrar = try SIPAgent(loop: loop, address: "127.0.0.1", transports: [.tcp])
        defer { registrar.close() }
        let other = Target(.tcp, "127.0.0.1", try #require(registrar.localPort(for: .tcp)))
        var (answers, lost): (Int, [Target]) = (0, [])
        for agent in [far, registrar] { agent.onRequest = { $2.respond(response(200, to: $0)) } }
        near.onLostConnection = { lost.append($0) }
        defer { near.onLostConnection = { _ in } }
        for (number, peer) in [target(.tcp), other, target(.tcp), other].enumerated() {
          near.send(request("OPTIONS", from: near, to: peer, branch: "z9hG4bKpeer\(number)"), to: peer) { _ in
            answers += 1
          }
          run(loop) { answers == number + 1 }
        }
        let peer = target(.tcp)
        far.close()
        run(loop) { lost == [peer] }
        registrar.close()
        run(loop) { lost == [peer, other] }
      }

      @Test func strangersLeaveNothing() {
        var seen = 0
        far.onRequest = { message, _, transaction in
          seen += 1
          transaction.refuse(response(403, to: message))
        }
        let target = target(.udp)
        var answers = 0
        for number in 0..<100 {
          near.send(request("OPTIONS", from: near, to: target, branch: "z9hG4bKs\(number)"), to: target) { event in
            if case .response(let message, _) = event, message.status == 403 { answers += 1 }
          }
        }
        run(loop) { answers == 100 }
        #expect(seen >= 100)
      }

      @Test func damageEndsWithItsDatagram() {
        let socket = LooseSocket()
        defer { socket.close() }
        let target = target(.udp)
        var methods: [String] = []
        far.onRequest = { message, _, transaction in
          methods.append(message.method ?? "")
          transaction.ignore()
        }
        let good = String(
          decoding: request("OPTIONS", from: near, to: target, branch: "z9hG4bKgood").bytes, as: UTF8.self)
        let bad = [
          good.replacing("Content-Length: 0", with: "Content-Length: 4000"),
          good.replacing("Content-Length: 0", with: "Content-Length: -1"), "SIP/2.0 180 R\0ing\r\n\r\n", "\0\0", "\r\n",
          good.replacing("CSeq: 1", with: "CSeq: 99999999999999"), String(repeating: "A", count: 60_000),
        ]
        for text in bad + [good] { socket.send(Array(text.utf8), to: target.port) }
        run(loop) { !methods.isEmpty }
        #expect(methods == ["OPTIONS"])
      }

      @Test(arguments: ["a%3Bb", "a;transport=tcp", "1014;phone-context=example.com", "a?b", "12#3", "a%40b"])
      func usersAreSentAndHeardAsTheyAre(_ user: String) {
        let target = target(.udp)
        var heard: SIPMessage?
        var contact: String?
        far.onRequest = { message, _, transaction in
          heard = message
          var answer = response(486, to: message)
          answer["Contact"] = "<sip:\(user)@far.example.org>"
          transaction.respond(answer)
        }
        var invite = request("INVITE", from: near, to: target, branch: "z9hG4bKuser")
        invite.start = .request(method: "INVITE", uri: "sip:\(user)@127.0.0.1:\(target.port)")
        invite["To"] = "<sip:\(user)@127.0.0.1>"
        near.send(invite, to: target) { event in
          if case .response(let message, _) = event { contact = message["Contact"] }
        }
        run(loop) { contact != nil }
        #expect(heard?.start == invite.start)
        #expect(heard?["To"] == invite["To"])
        #expect(contact == "<sip:\(user)@far.example.org>")
      }

      @Test func whatOutlivesItsAgentIsSilent() throws {
        let target = target(.udp)
        var events = 0
        var kept: ServerTransaction?
        far.onRequest = { kept = $2 }
        var agent: SIPAgent? = try SIPAgent(loop: loop, address: "127.0.0.1", transports: [.udp])
        var sent: ClientTransaction?
        if let agent {
          sent = agent.send(request("INVITE", from: agent, to: target, branch: "z9hG4bKlong"), to: target) { _ in
            events += 1
          }
        }
        run(loop) { kept != nil }
        agent = nil
        far.close()
        if let kept { kept.respond(response(200, to: kept.request)) }
        sent?.forget()
        var isOver = false
        loop.post { isOver = true }
        run(loop) { isOver }
        #expect(events == 0)
      }

      @Test func preferredPortIsTakenWhereItIsFree() throws {
        let port = try #require(far.localPort(for: .udp))
        let other = try SIPAgent(loop: loop, address: "127.0.0.1", transports: [.udp, .tcp], port: port)
        #expect(other.localPort(for: .udp) != port)
        #expect(other.localPort(for: .udp) == other.localPort(for: .tcp))
        far.close()
        let successor = try SIPAgent(loop: loop, address: "127.0.0.1", transports: [.udp, .tcp], port: port)
        #expect(successor.localPort(for: .udp) == port)
      }

      @Test func addressOfAnotherMachineIsRefused() {
        #expect(throws: TransportError.bind(transport: "udp", address: "192.0.2.1", port: 0, EADDRNOTAVAIL)) {
          try SIPAgent(loop: loop, address: "192.0.2.1", transports: [.udp])
        }
      }
    }
  }
#endif

// SPDX-License-Identifier: Apache-2.0
import CallModel
import DiceTestSupport

@testable import SIPDialogs

/// A process that carries a call's effects out, with transactions as RFC 3261, 17, has them.
final class CallProcess {
  private final class Client {
    let number: Int
    let message: SIPMessage
    let end: LocalEnd
    var isProceeding = false
    var isDone = false

    init(_ number: Int, _ message: SIPMessage, _ end: LocalEnd) {
      (self.number, self.message, self.end) = (number, message, end)
    }
  }

  private final class Server {
    let request: SIPMessage
    let host: String
    var response: SIPMessage?
    var isAcknowledged = false

    init(_ request: SIPMessage, _ host: String) { (self.request, self.host) = (request, host) }
  }

  private(set) var call: SIPCall
  private unowned let bench: CallBench
  private var clients: [String: Client] = [:]
  private var servers: [Int: Server] = [:]
  private var keys: [String: Int] = [:]
  private var lastServer = 0
  /// That were heard.
  var packets: UInt64 = 0
  private var inputs: [CallInput] = []
  private var isFeeding = false
  private var deadline: Int64?
  private var ticks = 0
  /// Each place has a socket once it was opened.
  private var places: Set<String> = []

  init(_ order: CallOrder, bench: CallBench) {
    self.bench = bench
    call = SIPCall(order, random: Dice(bench.dice.next()))
  }

  func register(asked: [AskedRealm], at registrar: Target? = nil) {
    call.registered(routes: [], asked: asked, at: registrar)
  }

  /// As if the call had been ordered like this.
  func use(_ order: CallOrder) { call.order = order }

  private var isAlive: Bool { bench.process === self }

  func feed(_ input: CallInput) {
    inputs.append(input)
    guard !isFeeding, isAlive else { return }
    isFeeding = true
    while isAlive, !inputs.isEmpty {
      for effect in call.handle(inputs.removeFirst(), at: bench.now) {
        guard isAlive else { return }
        if bench.lastEffect == bench.effects {
          bench.lastEffect = nil
          return bench.crash()
        }
        bench.effects += 1
        perform(effect)
      }
    }
    isFeeding = false
    guard isAlive else { return }
    wake()
  }

  private func wake() {
    guard let next = call.nextDeadline else { return deadline = nil }
    ticks = next <= bench.now ? ticks + 1 : 0
    if ticks > 100 { return bench.complain("its deadline has always passed") }
    guard deadline != next else { return }
    deadline = next
    bench.after(max(0, next - bench.now)) { [weak self] in
      guard let self, isAlive, deadline == next else { return }
      deadline = nil
      feed(.tick)
    }
  }

  private func perform(_ effect: CallEffect) {
    switch effect {
    case .report(let report): bench.heard(report)
    case .refuse(_, let why):
      bench.refusals.append(why)
      bench.order.held = bench.isOnHold
    case .warn(let what): bench.warnings.append(what)
    case .resolve(let uri, let transport): resolve(uri, transport)
    case .open(let targets, let preferred): open(targets, preferred)
    case .send(let message, let end, let transaction): send(message, end, transaction)
    case .acknowledge(let message, let end):
      guard places.contains(place(end)) else { return bench.complain("an ACK by a way that is not open") }
      bench.toFarEnd(message, end.target, from: end.address)
    case .respond(let response, let transaction): respond(response, transaction)
    case .ignore(let transaction): servers[transaction] = nil
    case .sound(let sound): bench.heard(sound)
    case .exit:
      if bench.ticket != nil { bench.complain("an exit with something left to do") }
      bench.hasExited = true
      bench.process = nil
    }
  }

  // MARK: - Ways

  private func place(_ end: LocalEnd) -> String { "\(end.target.transport) \(end.address)" }

  private func resolve(_ uri: SIPURI, _ transport: Target.Transport?) {
    let transport = uri.transport.flatMap(Target.Transport.init) ?? transport ?? .udp
    let targets = uri.isNumeric ? [Target(transport, uri.host, uri.port ?? 5060)] : bench.names[uri.host] ?? []
    bench.after(1) { [weak self] in
      self?.feed(targets.isEmpty ? .notResolved("“\(uri.host)” has no address") : .resolved(targets))
    }
  }

  private func open(_ targets: [Target], _ preferred: LocalEnd?) {
    guard bench.hasPath, let target = targets.first else { return feed(.notOpened(targets, "there is no way")) }
    let address = target.host.contains(":") ? "2001:db8::1" : bench.address
    let isSame = preferred?.address == address
    let end = LocalEnd(
      target: target, address: address, port: 5060, mediaPort: isSame ? preferred?.mediaPort ?? 0 : 7000,
      controlPort: isSame ? preferred?.controlPort ?? 0 : 7001)
    places.insert(place(end))
    let isRelayed = address.contains(":") ? bench.hasRelay.six : bench.hasRelay.four
    feed(isRelayed ? .opened(end) : .notRelayed(end, "there is no relay"))
  }

  // MARK: - Requests of this end

  private func send(_ message: SIPMessage, _ end: LocalEnd, _ transaction: Int) {
    guard places.contains(place(end)), bench.hasPath else {
      return feed(.failed(transaction: transaction, .unreachable("no route to that address")))
    }
    bench.note(message)
    let client = Client(transaction, message, end)
    clients["\(message.topVia?.branch ?? "") \(message.method ?? "")"] = client
    transmit(client, next: 500)
    bench.after(32_000) { [weak self, weak client] in
      guard let self, let client, !client.isDone, !(client.isProceeding && message.method == "INVITE") else { return }
      client.isDone = true
      feed(.failed(transaction: transaction, .timedOut))
    }
  }

  /// What waits for an answer by a connection gets none.
  func breakConnections() {
    for client in clients.values.sorted(by: { $0.number < $1.number })
    where !client.isDone && client.end.target.transport.isReliable {
      client.isDone = true
      feed(.failed(transaction: client.number, .unreachable("the connection broke")))
    }
  }

  private func transmit(_ client: Client, next pause: Int64) {
    guard isAlive, !client.isDone, !(client.isProceeding && client.message.method == "INVITE") else { return }
    if bench.refusing.contains(client.end.target.host) {
      client.isDone = true
      return bench.after(1) { [weak self] in self?.feed(.failed(transaction: client.number, .refused)) }
    }
    bench.toFarEnd(client.message, client.end.target, from: client.end.address)
    guard !client.end.target.transport.isReliable else { return }
    bench.after(pause) { [weak self] in
      self?.transmit(client, next: client.message.method == "INVITE" ? pause * 2 : min(pause * 2, 4000))
    }
  }

  func receive(_ message: SIPMessage, from host: String) {
    guard !places.isEmpty else { return }
    guard message.status != nil else { return request(message, from: host) }
    let method = message.sequenceMethod ?? ""
    guard let client = clients["\(message.topVia?.branch ?? "") \(method)"] else {
      return feed(.strayResponse(message, from: host))
    }
    let status = message.status ?? 0
    let wasDone = client.isDone
    if status < 200 { client.isProceeding = true } else { client.isDone = true }
    if method == "INVITE", status >= 300 {
      bench.toFarEnd(client.message.acknowledgement(of: message), client.end.target, from: client.end.address)
    }
    // Only a 2xx to an INVITE is one again.
    guard !wasDone || (method == "INVITE" && (200..<300).contains(status)) else { return }
    feed(.response(message, transaction: client.number, from: host))
  }

  // MARK: - Requests of far ends

  private func request(_ message: SIPMessage, from host: String) {
    let key = "\(message.topVia?.branch ?? "") \(host)"
    if message.method == "ACK" {
      if let server = keys[key + " INVITE"].flatMap({ servers[$0] }) { return server.isAcknowledged = true }
      for server in servers.values
      where server.request.sequence == message.sequence && server.request.method == "INVITE"
        && server.request.callID == message.callID
      {
        server.isAcknowledged = true
      }
      return feed(.acknowledged(message, from: host))
    }
    if let number = keys["\(key) \(message.method ?? "")"] {
      if let response = servers[number]?.response { bench.toCallersPeer(response, host) }
      return
    }
    lastServer += 1
    keys["\(key) \(message.method ?? "")"] = lastServer
    servers[lastServer] = Server(message, host)
    feed(.request(message, transaction: lastServer, from: host))
  }

  private func respond(_ response: SIPMessage, _ transaction: Int) {
    guard let server = servers[transaction] else { return bench.complain("a response to no request") }
    if server.response != nil { bench.complain("two responses to one request") }
    server.response = response
    repeatResponse(server, after: 500, until: bench.now + 32_000)
  }

  private func repeatResponse(_ server: Server, after pause: Int64, until end: Int64) {
    guard isAlive, let response = server.response, !server.isAcknowledged, bench.now < end else { return }
    bench.toCallersPeer(response, server.host)
    guard server.request.method == "INVITE" else { return }
    bench.after(pause) { [weak self] in self?.repeatResponse(server, after: min(pause * 2, 4000), until: end) }
  }
}

extension CallBench {
  func toCallersPeer(_ response: SIPMessage, _ host: String) {
    carry { [unowned self] in farEnds[host]?.receive(response, from: address) }
  }
}

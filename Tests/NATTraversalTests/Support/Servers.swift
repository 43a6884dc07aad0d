// SPDX-License-Identifier: Apache-2.0

@testable import NATTraversal

/// Tells who asks where it sees them.
final class STUNServer {
  let address: TransportAddress
  var isSilent = false
  var refusal: STUNMessage.Failure?

  init(_ network: Network, _ address: String = "198.51.100.3:3478") {
    self.address = TransportAddress(literal: address)
    network.open(self.address) { [self] bytes, source in
      guard let request = STUNMessage(bytes), request.messageClass == .request, !isSilent else { return }
      var response = STUNMessage(
        refusal == nil ? .success : .failure, .binding, transactionID: request.transactionID)
      if let refusal { response.add(refusal) } else { response.add(.xorMappedAddress, source) }
      network.send(response.encoded(), from: self.address, to: source)
    }
  }
}

/// A TURN server (RFC 8656), with the times that a real one has.
final class TURNServer {
  struct Allocation {
    var client: TransportAddress
    var relayed: TransportAddress
    var expiresAt: Int64
    /// Until when, by host.
    var permissions: [String: Int64] = [:]
    var channels: [UInt16: (peer: TransportAddress, until: Int64)] = [:]
  }

  let network: Network
  let address: TransportAddress
  private(set) var allocations: [Allocation] = []
  private(set) var requests: [(time: Int64, method: STUNMessage.Method, lifetime: UInt32?)] = []
  private var nextPort: UInt16 = 50_000
  private var nonceNumber = 0
  private var nonceEndsAt: Int64 = 0

  var password = "secret"
  var isSilent = false
  var offersSHA256 = false
  var lifetime: UInt32 = 600
  var nonceLifetime: Int64 = 600_000
  /// Of a method, instead of what it asks for.
  var refusals: [STUNMessage.Method: STUNMessage.Failure] = [:]
  var redirection: TransportAddress?
  /// Hosts that it relays nothing to.
  var forbidden: Set<String> = []
  /// Responses are not authenticated.
  var forgetsIntegrity = false

  init(_ network: Network, _ address: String = "198.51.100.2:3478") {
    (self.network, self.address) = (network, TransportAddress(literal: address))
    network.open(self.address) { [self] bytes, source in received(bytes, from: source) }
  }

  var account: TURNAccount { TURNAccount(server: address, user: "user", password: "secret") }

  func forgetEverything() {
    for allocation in allocations { network.close(allocation.relayed) }
    allocations = []
  }

  private func index(of client: TransportAddress) -> Int? {
    if let index = allocations.firstIndex(where: { $0.expiresAt <= network.now }) {
      network.close(allocations.remove(at: index).relayed)
      return self.index(of: client)
    }
    return allocations.firstIndex { $0.client == client }
  }

  // MARK: - From the client

  private func received(_ bytes: [UInt8], from client: TransportAddress) {
    guard !isSilent else { return }
    if let first = bytes.first, first >= 0x40 { return relay(channelData: bytes, from: client) }
    guard let message = STUNMessage(bytes) else { return }
    if message.messageClass == .indication { return relay(message, from: client) }
    guard message.messageClass == .request else { return }
    requests.append((network.now, message.method, message.number(.lifetime)))
    if message.method == .binding {
      var response = STUNMessage(.success, .binding, transactionID: message.transactionID)
      response.add(.xorMappedAddress, client)
      return network.send(response.encoded(), from: address, to: client)
    }
    if network.now >= nonceEndsAt { (nonceNumber, nonceEndsAt) = (nonceNumber + 1, network.now + nonceLifetime) }
    let key = key
    guard key.authenticates(bytes), message.text(.username) == "user" else {
      return refuse(message, 401, "Unauthorized", client, isChallenge: true)
    }
    guard message.text(.nonce) == nonce else { return refuse(message, 438, "Stale Nonce", client, isChallenge: true) }
    guard offersSHA256 == (message[.passwordAlgorithms] == [0, 2, 0, 0, 0, 1, 0, 0]) else {
      return refuse(message, 400, "Bid Down", client)
    }
    if let refusal = refusals[message.method] { return refuse(message, refusal.code, refusal.phrase, client, key: key) }
    do throws(STUNMessage.Failure) {
      var response = STUNMessage(.success, message.method, transactionID: message.transactionID)
      try perform(message, from: client, &response)
      network.send(response.encoded(forgetsIntegrity ? nil : key), from: address, to: client)
    } catch {
      refuse(message, error.code, error.phrase, client, key: key)
    }
  }

  private var nonce: String { (offersSHA256 ? "obMatJos2gAAA" : "nonce ") + "\(nonceNumber)" }

  private var key: STUNKey {
    STUNKey(
      user: "user", realm: Array("example.org".utf8), password: password, hashesWithSHA256: offersSHA256,
      signsWithSHA256: offersSHA256, .tests)
  }

  private func refuse(
    _ request: STUNMessage, _ code: Int, _ phrase: String, _ client: TransportAddress, isChallenge: Bool = false,
    key: STUNKey? = nil
  ) {
    var response = STUNMessage(.failure, request.method, transactionID: request.transactionID)
    response.add(STUNMessage.Failure(code: code, phrase: phrase))
    if isChallenge {
      response.add(.realm, "example.org")
      response.add(.nonce, nonce)
      if offersSHA256 { response.add(.passwordAlgorithms, [0, 2, 0, 0, 0, 1, 0, 0]) }
    }
    if code == 300, let redirection { response.add(.alternateServer, redirection) }
    network.send(response.encoded(forgetsIntegrity ? nil : key), from: address, to: client)
  }

  private func perform(
    _ request: STUNMessage, from client: TransportAddress, _ response: inout STUNMessage
  ) throws(STUNMessage.Failure) {
    let index = index(of: client)
    if request.method == .allocate {
      if redirection != nil { throw STUNMessage.Failure(code: 300, phrase: "Try Alternate") }
      guard index == nil else { throw STUNMessage.Failure(code: 437, phrase: "Allocation Mismatch") }
      return allocate(for: client, &response)
    }
    guard let index else { throw STUNMessage.Failure(code: 437, phrase: "Allocation Mismatch") }
    switch request.method {
    case .refresh:
      let granted = request.number(.lifetime) == 0 ? 0 : lifetime
      allocations[index].expiresAt = network.now + Int64(granted) * 1000
      response.add(.lifetime, number: granted)
    case .createPermission, .channelBind:
      guard let peer = request.address(.xorPeerAddress) else { throw STUNMessage.Failure(code: 400, phrase: "") }
      guard !forbidden.contains(peer.host) else { throw STUNMessage.Failure(code: 403, phrase: "Forbidden") }
      allocations[index].permissions[peer.host] = network.now + 300_000
      guard request.method == .channelBind, let value = request[.channelNumber] else { return }
      let number = UInt16(value[0]) << 8 | UInt16(value[1])
      let clash = allocations[index].channels.contains {
        $0.value.until > network.now && ($0.key == number) != ($0.value.peer == peer)
      }
      guard !clash else { throw STUNMessage.Failure(code: 400, phrase: "Channel Clash") }
      allocations[index].channels[number] = (peer, network.now + 600_000)
    default: throw STUNMessage.Failure(code: 400, phrase: "Bad Request")
    }
  }

  private func allocate(for client: TransportAddress, _ response: inout STUNMessage) {
    let relayed = TransportAddress(literal: "\(address.host):\(nextPort)")
    nextPort += 1
    allocations.append(
      Allocation(client: client, relayed: relayed, expiresAt: network.now + Int64(lifetime) * 1000))
    network.open(relayed) { [self] bytes, source in relay(bytes, from: source, to: relayed) }
    response.add(.xorRelayedAddress, relayed)
    response.add(.xorMappedAddress, client)
    response.add(.lifetime, number: lifetime)
  }

  // MARK: - Data

  private func relay(channelData bytes: [UInt8], from client: TransportAddress) {
    guard let index = index(of: client), bytes.count >= 4,
      let channel = allocations[index].channels[UInt16(bytes[0]) << 8 | UInt16(bytes[1])], channel.until > network.now
    else { return }
    pass(Array(bytes[4...]), from: index, to: channel.peer)
  }

  private func relay(_ message: STUNMessage, from client: TransportAddress) {
    guard message.method == .send, let index = index(of: client), let data = message[.data],
      let peer = message.address(.xorPeerAddress)
    else { return }
    pass(data, from: index, to: peer)
  }

  private func pass(_ bytes: [UInt8], from index: Int, to peer: TransportAddress) {
    guard (allocations[index].permissions[peer.host] ?? 0) > network.now else { return }
    network.send(bytes, from: allocations[index].relayed, to: peer)
  }

  private func relay(_ bytes: [UInt8], from peer: TransportAddress, to relayed: TransportAddress) {
    guard let allocation = allocations.first(where: { $0.relayed == relayed }), allocation.expiresAt > network.now,
      (allocation.permissions[peer.host] ?? 0) > network.now
    else { return }
    if let channel = allocation.channels.first(where: { $0.value.peer == peer && $0.value.until > network.now }) {
      let data = channel.key.bytes + UInt16(bytes.count).bytes + bytes
      return network.send(data, from: address, to: allocation.client)
    }
    var indication = STUNMessage(.indication, .data, transactionID: [UInt8](repeating: 7, count: 12))
    indication.add(.xorPeerAddress, peer)
    indication.add(.data, bytes)
    network.send(indication.encoded(), from: address, to: allocation.client)
  }
}

extension STUNMessage.Failure: Error {}

// SPDX-License-Identifier: Apache-2.0

/// A relayed address at a TURN server, over UDP (RFC 8656), as a value: inputs go in, and effects come out, to be
/// carried out in order. It does no I/O.
///
/// It keeps the allocation, its permissions and its channels alive until ``release(at:)``. Times are milliseconds of
/// one monotonic clock.
public struct TURNAllocation: Sendable {
  enum Phase: Sendable, Equatable {
    case idle
    case allocating
    case allocated
    case releasing
    case ended
  }

  /// In seconds, what it asks for and what it believes.
  static let lifetimes: ClosedRange<UInt32> = 30...3600
  static let wishedLifetime: UInt32 = 600
  /// Of permissions, and of channels.
  static let mostPeers = 32
  /// That a successor is told of.
  static let mostRememberedChannels = 8

  let account: TURNAccount
  let hashes: STUNHashes
  /// Another one than the account's after a redirection (RFC 8489, 10).
  public internal(set) var server: TransportAddress
  /// Where far ends send to.
  public internal(set) var relayed: TransportAddress?
  /// Where the server sees this end.
  public internal(set) var mapped: TransportAddress?
  var phase = Phase.idle
  var challenge: TURNChallenge?
  var transactions: [TURNTransaction] = []
  var permissions: [TURNPermission] = []
  var channels: [TURNChannel] = []
  var nextChannel = TURNChannel.numbers.lowerBound
  var refreshAt: Int64?
  /// When the server forgets the allocation.
  var expiresAt: Int64 = .max
  var hasCleared = false
  var random: any RandomNumberGenerator & Sendable
  var now: Int64 = 0
  var effects: [TURNEffect] = []

  public init(
    _ account: TURNAccount, _ hashes: STUNHashes,
    random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
  ) {
    (self.account, self.hashes, self.random, server) = (account, hashes, random, account.server)
  }

  // MARK: - Orders

  /// Asks for a relayed address: ``TURNEffect/allocated`` or ``TURNEffect/ended(_:)`` follows.
  public mutating func allocate(at time: Int64) -> [TURNEffect] {
    begin(at: time)
    guard phase == .idle || phase == .ended else { return [] }
    (phase, server, relayed, hasCleared) = (.allocating, account.server, nil, false)
    (permissions, channels, transactions) = ([], [], [])
    start(.allocate, .gathering)
    return take()
  }

  /// Asks whether the server still has the allocation, which it need not tell otherwise: ``TURNEffect/ended(_:)`` follows
  /// if not.
  public mutating func confirm(at time: Int64) -> [TURNEffect] {
    begin(at: time)
    guard phase == .allocated, !isAtWork else { return [] }
    refreshAt = nil
    start(.refresh, .gathering)
    return take()
  }

  /// Lets a far end's host send to the relayed address (RFC 8656, 9): ``TURNEffect/permitted(_:)`` or
  /// ``TURNEffect/refused(_:_:)`` follows. Does nothing if it may already, but asks again after a refusal.
  public mutating func permit(_ peer: TransportAddress, at time: Int64) -> [TURNEffect] {
    begin(at: time)
    guard phase == .allocated else { return [] }
    if let index = permissions.firstIndex(where: { $0.peer.host == peer.host }) {
      guard permissions[index].isRefused else { return [] }
      permissions[index].isRefused = false
    } else {
      guard permissions.count < Self.mostPeers else { return [] }
      permissions.append(TURNPermission(peer: peer))
    }
    start(.permit(peer), .check)
    return take()
  }

  /// Binds a channel to a far end's address (RFC 8656, 12): ``TURNEffect/bound(_:channel:)`` or
  /// ``TURNEffect/refused(_:_:)`` follows. Does nothing if there is one already, but asks again after a refusal.
  public mutating func bind(_ peer: TransportAddress, at time: Int64) -> [TURNEffect] {
    begin(at: time)
    guard phase == .allocated else { return [] }
    if let index = channels.firstIndex(where: { $0.peer == peer }) {
      guard !channels[index].isBound, !isBinding(peer) else { return [] }
      channels[index].isRefused = false
      start(.bind(peer, channels[index].number), .check)
    } else {
      guard channels.count < Self.mostPeers, TURNChannel.numbers.contains(nextChannel) else { return [] }
      channels.append(TURNChannel(peer: peer, number: nextChannel))
      start(.bind(peer, nextChannel), .check)
      nextChannel += 1
    }
    return take()
  }

  /// Refreshes no permission of other hosts, and no other channel, any more.
  public mutating func keepOnly(_ hosts: Set<String>, channelTo peer: TransportAddress?) {
    permissions.removeAll { !hosts.contains($0.peer.host) }
    transactions.removeAll {
      switch $0.purpose {
      case .permit(let other): !hosts.contains(other.host)
      case .bind(let other, _): other != peer
      default: false
      }
    }
    // The server may have data for them until they end, and their numbers are theirs.
    for index in channels.indices where channels[index].peer != peer {
      (channels[index].isBound, channels[index].refreshAt) = (false, nil)
    }
  }

  /// Gives the relayed address back.
  public mutating func release(at time: Int64) -> [TURNEffect] {
    begin(at: time)
    guard phase != .releasing else { return [] }
    transactions.removeAll { $0.purpose != .allocate }
    if phase == .allocated {
      startRelease()
    } else if transactions.isEmpty {
      end(with: .released)
    } else {
      // Its answer may be on the way.
      phase = .releasing
    }
    return take()
  }

  public mutating func tick(at time: Int64) -> [TURNEffect] {
    begin(at: time)
    retransmit()
    refresh()
    return take()
  }

  /// When ``tick(at:)`` is needed at the latest.
  public var nextDeadline: Int64? {
    guard phase != .ended else { return nil }
    let waits =
      transactions.map(\.timing.nextAt) + permissions.compactMap(\.refreshAt) + channels.compactMap(\.refreshAt)
    return (waits + [refreshAt].compactMap { $0 }).min()
  }

  // MARK: - What there is

  public var isAllocated: Bool { phase == .allocated }

  /// Whether the server has to say yet if there is a relayed address.
  public var isAtWork: Bool {
    phase == .allocating || phase == .releasing || transactions.contains { $0.purpose == .refresh }
  }

  public func isPermitted(_ peer: TransportAddress) -> Bool {
    permission(of: peer)?.isGranted == true || channel(of: peer) != nil
  }

  public func isRefused(_ peer: TransportAddress) -> Bool {
    permission(of: peer)?.isRefused == true || channels.contains { $0.peer == peer && $0.isRefused }
  }

  /// The channel that is bound to the far end.
  public func channel(of peer: TransportAddress) -> UInt16? { channels.first { $0.peer == peer && $0.isBound }?.number }

  private func isBinding(_ peer: TransportAddress) -> Bool {
    transactions.contains { if case .bind(peer, _) = $0.purpose { true } else { false } }
  }

  func permission(of peer: TransportAddress) -> TURNPermission? { permissions.first { $0.peer.host == peer.host } }

  // MARK: - Data

  /// What to send to the server for the far end to get the data: ChannelData (RFC 8656, 12.4) once a channel is bound,
  /// and a Send indication before.
  public mutating func wrap(_ data: [UInt8], to peer: TransportAddress) -> [UInt8] {
    if let channel = channel(of: peer) { return channel.bigEndianBytes + UInt16(data.count).bigEndianBytes + data }
    var message = STUNMessage(.indication, .send, transactionID: newID())
    message.add(.xorPeerAddress, peer)
    message.add(.data, data)
    return message.encoded()
  }

  /// What a far end has sent, if the server's datagram holds this.
  public func unwrap(_ datagram: [UInt8]) -> (data: [UInt8], peer: TransportAddress)? {
    guard phase == .allocated, let first = datagram.first else { return nil }
    if 0x40...0x4F ~= first {
      guard datagram.count >= 4 else { return nil }
      let number = UInt16(datagram[0]) << 8 | UInt16(datagram[1])
      let length = Int(datagram[2]) << 8 | Int(datagram[3])
      guard length <= datagram.count - 4, let channel = channels.first(where: { $0.number == number }) else {
        return nil
      }
      return (Array(datagram[4..<4 + length]), channel.peer)
    }
    guard let message = STUNMessage(datagram), message.messageClass == .indication, message.method == .data,
      let peer = message.address(.xorPeerAddress), let data = message[.data]
    else { return nil }
    return (data, peer)
  }

  // MARK: - Tools

  mutating func begin(at time: Int64) { (now, effects) = (time, []) }

  mutating func take() -> [TURNEffect] {
    defer { effects = [] }
    return effects
  }

  mutating func emit(_ effect: TURNEffect) { effects.append(effect) }

  mutating func newID() -> [UInt8] { (0..<12).map { _ in UInt8.random(in: .min ... .max, using: &random) } }

  mutating func end(with effect: TURNEffect) {
    (phase, relayed, refreshAt) = (.ended, nil, nil)
    (transactions, permissions, channels) = ([], [], [])
    emit(effect)
  }
}

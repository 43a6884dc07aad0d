// SPDX-License-Identifier: Apache-2.0

/// What a new process on the same address and port needs to go on with an allocation. It has no secret: the server asks
/// for the password again.
public struct TURNMemory: Sendable, Equatable, Codable {
  struct Channel: Sendable, Equatable, Codable {
    var peer: TransportAddress
    var number: UInt16
  }

  var server: TransportAddress
  var relayed: TransportAddress
  var mapped: TransportAddress?
  var channels: [Channel]
  var nextChannel: UInt16
}

extension TURNAllocation {
  /// Nil unless there is a relayed address.
  public var memory: TURNMemory? {
    guard phase == .allocated, let relayed else { return nil }
    let channels = channels.filter { !$0.isRefused }.suffix(Self.mostRememberedChannels)
      .map { TURNMemory.Channel(peer: $0.peer, number: $0.number) }
    return TURNMemory(server: server, relayed: relayed, mapped: mapped, channels: channels, nextChannel: nextChannel)
  }

  /// Goes on where another process has stopped: its channels work at once. With the first ``tick(at:)``, all that the
  /// server has is refreshed.
  public init(
    _ account: TURNAccount, _ memory: TURNMemory, _ hashes: STUNHashes,
    random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
  ) {
    self.init(account, hashes, random: random)
    (server, relayed, mapped) = (memory.server, memory.relayed, memory.mapped)
    (phase, refreshAt, nextChannel) = (.allocated, 0, memory.nextChannel)
    for channel in memory.channels where TURNChannel.numbers.contains(channel.number) {
      var own = TURNChannel(peer: channel.peer, number: channel.number)
      (own.isBound, own.refreshAt) = (true, 0)
      channels.append(own)
      guard permission(of: channel.peer) == nil else { continue }
      var permission = TURNPermission(peer: channel.peer)
      (permission.isGranted, permission.refreshAt) = (true, 0)
      permissions.append(permission)
    }
  }
}

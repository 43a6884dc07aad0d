// SPDX-License-Identifier: Apache-2.0

/// What a ``TURNAllocation`` wants done, or has to tell.
public enum TURNEffect: Sendable, Equatable {
  case send([UInt8], to: TransportAddress)
  /// There is a relayed address.
  case allocated
  /// The far end's host may send to the relayed address; its port does not matter.
  case permitted(TransportAddress)
  /// The channel to the far end is there, or there again.
  case bound(TransportAddress, channel: UInt16)
  /// The server relays nothing between this end and this far end.
  case refused(TransportAddress, ServerFailure)
  /// There is no relayed address (any more).
  case ended(ServerFailure)
  /// After ``TURNAllocation/release(at:)``: it is given back, or the server does not say so.
  case released
}

// SPDX-License-Identifier: Apache-2.0

/// A request that waits for its answer.
struct TURNTransaction: Sendable {
  enum Purpose: Sendable, Equatable {
    case allocate
    case refresh
    /// - Parameter toAllocateAnew: an allocation of an earlier process on this port is in the way.
    case release(toAllocateAnew: Bool)
    case permit(TransportAddress)
    case bind(TransportAddress, UInt16)

    var method: STUNMessage.Method {
      switch self {
      case .allocate: .allocate
      case .refresh, .release: .refresh
      case .permit: .createPermission
      case .bind: .channelBind
      }
    }
  }

  /// The answers 401 and 438 to one request that are followed.
  static let mostChallenges = 3

  let purpose: Purpose
  let id: [UInt8]
  let bytes: [UInt8]
  /// What its answer is authenticated with; nil: nothing was asked for.
  let key: STUNKey?
  let nonce: [UInt8]?
  /// That came before it.
  let challenges: Int
  var timing: Retransmission
  /// An error that the server should have authenticated. It counts if nothing better comes.
  var rumour: STUNMessage.Failure?
}

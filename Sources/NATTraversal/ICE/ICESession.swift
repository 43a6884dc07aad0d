// SPDX-License-Identifier: Apache-2.0

/// The checks between one pair of credentials: what an ICE restart begins anew.
struct ICESession: Sendable {
  struct Remote: Sendable, Equatable, Codable {
    var address: TransportAddress
    var priority: UInt32
  }

  /// A check that came before the far end's description (RFC 8445, 7.3.1.4).
  struct EarlyCheck: Sendable, Equatable {
    var key: CandidatePair.Key
    var priority: UInt32
    /// Of the far end.
    var userFragment: Substring
    var nominates: Bool
  }

  static let mostEarlyChecks = 16
  /// Signalled, and then with those that checks have shown.
  static let mostSignalled = 16
  static let mostRemotes = 24
  static let mostPairs = 64

  var local: ICECredentials
  var remote: ICECredentials?
  var remotes: [Remote] = []
  var pairs: [CandidatePair] = []
  var early: [EarlyCheck] = []
  var nominating: CandidatePair.Key?
  var selected: CandidatePair.Key?
  var firstValidAt: Int64?
  var failAt: Int64?

  init(_ local: ICECredentials) { self.local = local }

  func index(of key: CandidatePair.Key) -> Int? { pairs.firstIndex { $0.key == key } }

  mutating func addRemote(_ address: TransportAddress, priority: UInt32, most: Int) -> Bool {
    if remotes.contains(where: { $0.address == address }) { return true }
    guard remotes.count < most else { return false }
    remotes.append(Remote(address: address, priority: priority))
    return true
  }

  /// Whether there is such a pair now.
  mutating func addPair(_ key: CandidatePair.Key, remotePriority: UInt32) -> Bool {
    if index(of: key) != nil { return true }
    guard pairs.count < Self.mostPairs else { return false }
    pairs.append(CandidatePair(key, remotePriority: remotePriority))
    return true
  }
}

// SPDX-License-Identifier: Apache-2.0

/// Why an ``ICEAgent`` has found no path.
public enum ICEFailure: Error, Sendable, Equatable, CustomStringConvertible {
  /// Only a relay was allowed, and there is none.
  case noRelay(ServerFailure?)
  /// The far end has named no address that this end can send to.
  case noCandidate
  /// None of the far end's addresses answers.
  case noAnswer
  /// The far end answers, but does not say which path to use.
  case notNominated

  public var description: String {
    switch self {
    case .noRelay(let failure?): "the call may only use a relay, but \(failure)"
    case .noRelay(nil): "the call may only use a relay, but no TURN server is set"
    case .noCandidate: "the far end names no address that this end can send to"
    case .noAnswer: "none of the far end's addresses answers connectivity checks"
    case .notNominated: "the far end answers connectivity checks, but does not choose an address"
    }
  }
}

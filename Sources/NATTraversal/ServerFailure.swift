// SPDX-License-Identifier: Apache-2.0

/// Why a STUN or TURN server is of no use.
public struct ServerFailure: Error, Sendable, Equatable, CustomStringConvertible {
  public enum Service: String, Sendable {
    case stun = "STUN"
    case turn = "TURN"
  }

  public enum Reason: Sendable, Equatable {
    /// It does not answer, or something between does not let it.
    case noAnswer
    /// It does not accept the user's name and password; its own words.
    case passwordRefused(String)
    /// The user has too many allocations (486).
    case quotaReached(String)
    /// It has no relayed address left (508).
    case noCapacity(String)
    /// It has another error; its own words.
    case refused(code: Int, String)
    /// It has sent this end to another server, which this end has not followed, or which sent it on once more.
    case redirected(to: TransportAddress?)
    /// It has accepted the request, but its answer lacks what it must have.
    case unreadable
    /// It has forgotten the allocation (437).
    case allocationLost
  }

  public var service: Service
  public var server: TransportAddress
  public var reason: Reason

  public init(_ service: Service, _ server: TransportAddress, _ reason: Reason) {
    (self.service, self.server, self.reason) = (service, server, reason)
  }

  /// The error that the server has answered a request with.
  init(_ server: TransportAddress, _ refusal: STUNMessage.Failure) {
    let reason: Reason =
      switch refusal.code {
      case 401, 438, 441: .passwordRefused(refusal.phrase)
      case 486: .quotaReached(refusal.phrase)
      case 508: .noCapacity(refusal.phrase)
      case 437: .allocationLost
      default: .refused(code: refusal.code, refusal.phrase)
      }
    self.init(.turn, server, reason)
  }

  public var description: String {
    let name = "the \(service.rawValue) server \(server)"
    func quoted(_ words: String) -> String { words.isEmpty ? "" : ": \(words)" }
    return switch reason {
    case .noAnswer: "\(name) does not answer"
    case .passwordRefused(let words): "\(name) does not accept the user name and the password\(quoted(words))"
    case .quotaReached(let words): "\(name) relays no more calls of this user\(quoted(words))"
    case .noCapacity(let words): "\(name) has no room for another call\(quoted(words))"
    case .refused(let code, let words): "\(name) refuses the request: \(code) \(words)"
    case .redirected(let other?): "\(name) points to the server \(other), which is not followed"
    case .redirected(nil): "\(name) points to a server that cannot be reached"
    case .unreadable: "\(name) answers with a message that lacks an address"
    case .allocationLost: "\(name) has forgotten the relayed address of this call"
    }
  }
}

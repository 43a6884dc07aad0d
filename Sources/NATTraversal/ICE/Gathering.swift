// SPDX-License-Identifier: Apache-2.0

/// What is known of this end's own addresses, and what is being asked for (RFC 8445, 5.1.1).
struct Gathering: Sendable {
  struct Query: Sendable {
    let id: [UInt8]
    let bytes: [UInt8]
    var timing = Retransmission.gathering
  }

  /// Servers that have not answered by then, the far end is not told of.
  static let time: Int64 = 1500
  /// NATs may forget a mapping after 30 s without a packet (RFC 8445, 5.1.1.4; RFC 4787, 4.3).
  static let keepAlive: Int64 = 15_000

  var isDone = false
  var deadline: Int64?
  /// The server is asked about an earlier allocation.
  var isConfirming = false
  var query: Query?
  /// By the STUN server.
  var mapped: TransportAddress?
  var failures: [ServerFailure] = []
  var keepAliveAt: Int64?

  mutating func note(_ failure: ServerFailure) {
    forgetFailure(of: failure.service)
    failures.append(failure)
  }

  mutating func forgetFailure(of service: ServerFailure.Service) { failures.removeAll { $0.service == service } }
}

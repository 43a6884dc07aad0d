// SPDX-License-Identifier: Apache-2.0

/// The addresses to which a call is redirected (RFC 3261, 8.1.3.4). It ends: none is called twice.
struct Redirects: Sendable, Equatable {
  var called: Set<SIPURI> = []
  /// Have not been followed.
  private var waiting: [SIPURI] = []
  private var count = 0

  static let most = 5
  private static let mostWaiting = 8
  /// In bytes; it is saved with every attempt.
  private static let longest = 512

  /// A redirect may have several addresses, the best one first.
  /// - Returns: why none of them can be called, if so.
  mutating func note(_ response: SIPMessage, of order: CallOrder) -> String? {
    let contacts = response.contacts.filter { $0.uri.description.utf8.count <= Self.longest }.enumerated()
      .sorted { one, other in
        (-(one.element.quality), one.offset) < (-(other.element.quality), other.offset)
      }
      .map(\.element.uri.forRequest)
    guard !contacts.isEmpty else { return ", but the far end names no SIP address" }
    count += 1
    guard count <= Self.most else { return ": more than \(Self.most) redirects" }
    let new = contacts.filter { !called.contains($0) && !waiting.contains($0) }
    if new.isEmpty, waiting.isEmpty, let first = contacts.first {
      return ": the far end redirects in a circle, to \(first) again"
    }
    // A secure call stays secure (26.2.2).
    let secure = new.filter { (order.uri.scheme == .sip || $0.scheme == .sips) && !order.isLowered(by: $0) }
    waiting = Array((secure + waiting).prefix(Self.mostWaiting))
    return waiting.isEmpty ? ": the far end redirects a secure call only to addresses that are not secure" : nil
  }

  mutating func next() -> SIPURI? { waiting.isEmpty ? nil : waiting.removeFirst() }

  mutating func followNone() { waiting = [] }
}

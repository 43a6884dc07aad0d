// SPDX-License-Identifier: Apache-2.0

/// Whom to call: one address after the other, and of each the targets in their order.
struct Calling: Sendable, Equatable {
  /// The address that is being called.
  var request: SIPURI
  /// Its targets that have not been tried.
  private(set) var targets: [Target] = []
  /// A path to the next of ``targets`` is being opened.
  var isOpening = false
  var redirects = Redirects()
  /// What the far end has said, if other addresses say less.
  var refusal: CallOutcome?
  /// In seconds: the far end has required it (422).
  var leastSession: UInt32?
  var hasRung = false
  /// Keys in descriptions were refused.
  var offersHandshake = false

  /// Each attempt at one is saved.
  private static let mostTargets = 8

  init(_ uri: SIPURI) { request = uri.forRequest }

  /// Calls an address: the ordered one, or one of a redirect.
  mutating func call(_ uri: SIPURI) {
    request = uri.forRequest
    redirects.called.insert(request)
    targets = []
  }

  /// Calls a far end where it is known to be.
  mutating func call(only target: SIPURI) { (request, targets) = (target, []) }

  mutating func resolved(_ found: [Target]) { targets = Array(found.prefix(Self.mostTargets)) }

  mutating func notReached(_ tried: [Target]) { targets.removeAll { tried.contains($0) } }

  /// Earlier targets in the list are unreachable.
  mutating func reached(_ target: Target) {
    if let index = targets.firstIndex(of: target) { targets.removeFirst(index + 1) } else { targets = [] }
  }
}

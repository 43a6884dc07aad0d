// SPDX-License-Identifier: Apache-2.0
import Systemd

/// How many of something there may be. What applications in sandboxes have never takes up what is left to the user, and
/// what one of them has leaves something to the others.
struct Quota: Equatable, Sendable {
  /// Those that come from no sandbox.
  var ofUser: Int
  var ofSandbox: Int
  /// Of all sandboxes together.
  var ofSandboxes: Int

  enum Limit: Equatable, Sendable {
    /// Whoever asks has as many as it may have.
    case own
    /// Others have them; how many is nobody's business.
    case others
  }

  /// What is reached where `owners` have one each, and `sandbox` (nil is the user) wants one more; nil where there is room.
  func limit(for sandbox: Sandbox?, among owners: [Sandbox?]) -> Limit? {
    let own = owners.count { $0 == sandbox }
    guard sandbox != nil else { return own < ofUser ? nil : .own }
    guard own < ofSandbox else { return .own }
    return owners.count { $0 != nil } < ofSandboxes ? nil : .others
  }

  /// The places of those of `owners`, the oldest first, that are too many.
  func surplus(among owners: [Sandbox?]) -> [Int] {
    var kept: [Sandbox?] = []
    var places: [Int] = []
    for (place, owner) in owners.enumerated().reversed() {
      if limit(for: owner, among: kept) == nil { kept.append(owner) } else { places.append(place) }
    }
    return places.reversed()
  }
}

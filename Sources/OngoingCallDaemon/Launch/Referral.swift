// SPDX-License-Identifier: Apache-2.0
import CallModel

/// Why a call was launched that another call's far end has asked for.
struct Referral: Codable, Equatable, Sendable {
  /// The call whose far end asks for it, and is told how it goes.
  var session: String
  /// The address with what goes with it: whose place the call takes, and who asks. Whoever knows that can take a call
  /// over, so it is shown to nobody.
  var target: String

  /// A target without what goes with it. A question mark in a user's name is a part of it (RFC 3261, 25.1).
  static func address(of target: String) -> String {
    let host = target.firstIndex(of: "@") ?? target.startIndex
    return String(target[..<host] + target[host...].prefix { $0 != "?" })
  }
}

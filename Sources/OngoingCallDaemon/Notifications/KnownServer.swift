// SPDX-License-Identifier: Apache-2.0
import CallModel
import CallNotification

/// The notification server that is there, and what is known of it.
struct KnownServer {
  let server: NotificationServer
  /// Names this server alone, on any bus.
  let identity: String
  let traits: ServerTraits
  var answers = true
  /// The server refuses the last notification, and shows no other.
  var takesNone = false
  /// It holds notifications back, because the user does not want to be disturbed; nil if it does not say.
  var holdsBack: Bool?

  var surface: NotificationSurface {
    guard answers, !takesNone else { return .none }
    return traits.isPersistent ? .persistent : .plain
  }
}

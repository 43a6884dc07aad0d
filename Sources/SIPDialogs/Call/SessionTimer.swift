// SPDX-License-Identifier: Apache-2.0
import CallLife
internal import CallModel

/// The session timer of RFC 4028: who refreshes the session, and how often.
public struct SessionTimer: Sendable, Equatable, Codable {
  /// Seconds. RFC 4028, 5 forbids intervals below 90; one above a day is useless.
  static let bounds: ClosedRange<UInt32> = 90...86_400

  /// Seconds; nil where there is none.
  private(set) var interval: Int64?
  private(set) var refreshesHere = false

  /// From a response to this end's INVITE or UPDATE.
  mutating func begin(by response: SIPMessage) {
    begin(response.sessionExpires, refreshesHere: response.sessionExpires?.refresher != .uas)
  }

  /// From a request of the far end, which is then its “uac”.
  mutating func begin(byFarEnd request: SIPMessage) {
    begin(request.sessionExpires, refreshesHere: request.sessionExpires?.refresher == .uas)
  }

  private mutating func begin(_ expires: SessionExpires?, refreshesHere: Bool) {
    interval = expires.map { Int64(min(max($0.seconds, Self.bounds.lowerBound), Self.bounds.upperBound)) }
    self.refreshesHere = refreshesHere
  }

  /// The far end requires a longer interval (422).
  mutating func raise(to least: UInt32?) -> Bool {
    guard let least, let interval, Self.bounds.contains(least), Int64(least) > interval else { return false }
    self.interval = Int64(least)
    return true
  }

  /// A ticket may contain anything.
  var bounded: Int64? { interval.map { min(max($0, Int64(Self.bounds.lowerBound)), Int64(Self.bounds.upperBound)) } }

  /// The header's value in the answer to the far end's request.
  var answer: String? { interval.map { "\($0);refresher=\(refreshesHere ? "uas" : "uac")" } }

  /// Milliseconds until this end sends something.
  var wait: Int64? {
    guard let interval = bounded else { return nil }
    // Half of the interval if this end refreshes; otherwise shortly before its end (RFC 4028, 10).
    return refreshesHere ? interval * 500 : (interval - min(32, interval / 3)) * 1000
  }
}

extension SIPCall {
  mutating func armSession() {
    disarm(.refreshSession)
    disarm(.sessionExpires)
    guard let wait = session.timer.wait else { return }
    arm(session.timer.refreshesHere ? .refreshSession : .sessionExpires, after: wait)
  }

  /// If it was the far end's turn, a request of this end is better than the BYE that the far end may send.
  mutating func refreshSession() {
    guard phase == .up, let dialog, let interval = session.timer.interval else { return }
    guard state == .joined, work.requests.offer == nil else { return arm(.refreshSession, after: CallWait.firstRepair) }
    guard dialog.allowsUpdate else {
      session.needsOffer = true
      return adjustOffer()
    }
    var request = newRequest("UPDATE", in: dialog)
    request.add(contactOf: dialog.user, at: dialog.end)
    request.addAbilities()
    request.add("Session-Expires", "\(interval);refresher=uac")
    _ = send(request, by: dialog.end, as: .refresh)
  }

  mutating func refreshAnswered(_ response: SIPMessage) {
    guard phase == .up, let status = response.status else { return }
    switch status {
    case 200..<300:
      dialog?.refresh(from: response)
      resolveNextHop()
      session.timer.begin(by: response)
      armSession()
    case 481: farEndForgotCall()
    case 405, 501:
      dialog?.allowsUpdate = false
      refreshSession()
    case 422 where session.timer.raise(to: response.minimumSessionExpires): refreshSession()
    default: refreshAgainSoon()
    }
  }

  /// It failed, and there is time for some more tries.
  mutating func refreshAgainSoon() {
    guard phase == .up, session.timer.refreshesHere, let interval = session.timer.bounded, !isArmed(.refreshSession)
    else { return }
    arm(.refreshSession, after: interval * 125)
  }
}

// SPDX-License-Identifier: Apache-2.0

/// Tracks whether the far end is there: what was heard from it, and when.
struct FarEndWatch: Sendable, Equatable {
  /// By RTP or RTCP.
  private(set) var packetAt: Int64?
  private(set) var packets: UInt64 = 0
  /// By SIP.
  private(set) var signAt: Int64 = 0
  private(set) var askedAt: Int64?
  private(set) var begunAt: Int64 = 0
  /// What is heard comes all the time, not only now and then like RTCP.
  private var isStream = false
  private var streamQuestionAt: Int64?
  /// Since it was heard by RTP or RTCP.
  private var questions = 0
  /// The packets at the time of the loss; when there are more, the connection is back.
  private var packetsAtLoss: UInt64 = 0

  /// Packets that were in flight when the connection broke do not count as its return.
  private static let stragglers: UInt64 = 10
  /// In packets per second.
  private static let streamRate: Int64 = 20
  private static let doubt = 8

  mutating func begin(at now: Int64) {
    self = FarEndWatch(packets: packets, signAt: now, begunAt: now, packetsAtLoss: packets)
  }

  mutating func ask(at now: Int64) {
    askedAt = now
    questions += 1
    if isStream { (isStream, streamQuestionAt) = (false, now) }
  }

  /// The next question has to be one about the dialog itself: there are far ends that answer OPTIONS without one.
  var isDoubtful: Bool { questions % Self.doubt == 1 }

  mutating func askNoMore() { askedAt = nil }

  mutating func lost() { packetsAtLoss = packets }

  mutating func signed(at now: Int64) { (signAt, askedAt) = (now, nil) }

  mutating func heard(at: Int64?, packets: UInt64) {
    let more = packets >= self.packets ? Int64(clamping: packets - self.packets) : 0
    self.packets = packets
    guard let at, at > packetAt ?? .min else { return }
    isStream = more > 1 && more * 1000 >= Self.streamRate * (at - (packetAt ?? begunAt))
    (packetAt, questions) = (at, 0)
    if at > askedAt ?? .max { askedAt = nil }
  }

  var heardAt: Int64 { max(packetAt ?? signAt, signAt) }

  /// When to ask whether it is there.
  func questionAt(expectingSound: Bool) -> Int64 {
    let heardAt = packetAt ?? .min
    guard expectingSound else { return max(heardAt, signAt) + CallWait.held }
    if isStream, signAt <= heardAt {
      return max(heardAt + CallWait.streamStop, (streamQuestionAt ?? .min / 2) + CallWait.betweenStreamStops)
    }
    return signAt > heardAt && packetAt != nil ? signAt + CallWait.quiet : max(heardAt, signAt) + CallWait.silence
  }

  var isBack: Bool { packets > packetsAtLoss + Self.stragglers }
}

// SPDX-License-Identifier: GPL-3.0-or-later
#if SIP
  /// Counts RTP packets by sequence number and by the time of their arrival.
  ///
  /// Loss is counted for each stream (an SSRC of one transport) by extended sequence number, in the manner of
  /// RFC 3550, A.1; the longest gap is between any two packets that arrived one after the other, whatever their
  /// streams, so that a sender that is replaced by another shows as the silence between the two.
  struct RTPMeter {
    struct Reading {
      var packets: Int
      var lost: Int
      var duplicates: Int
      var longestGap: Int64
      var sinceLast: Int64?
      var streams: Int
    }

    struct StreamID: Hashable {
      var transport: Int
      var source: UInt32
    }

    private var streams: [StreamID: SequenceCounter] = [:]
    private var packets = 0
    private var longestGap: Int64 = 0
    private var lastArrival: Int64?

    /// Times are nanoseconds of one monotonic clock.
    mutating func packetArrived(_ stream: StreamID, sequence: UInt16, at time: Int64) {
      packets += 1
      streams[stream, default: SequenceCounter()].add(sequence)
      if let lastArrival { longestGap = max(longestGap, time - lastArrival) }
      lastArrival = max(time, lastArrival ?? time)
    }

    /// Starts anew from here; a packet that is missing between the last one before and the first one after is lost
    /// after, and the gap between the two is one after, too.
    mutating func reset() {
      packets = 0
      longestGap = 0
      for id in streams.keys { streams[id]?.reset() }
    }

    func reading(at time: Int64) -> Reading {
      Reading(
        packets: packets, lost: streams.values.reduce(0) { $0 + $1.lost },
        duplicates: streams.values.reduce(0) { $0 + $1.duplicates }, longestGap: longestGap,
        sinceLast: lastArrival.map { max(0, time - $0) }, streams: streams.count)
    }
  }

  /// The sequence numbers of one stream.
  struct SequenceCounter {
    /// A jump further than this is a sender that started anew, not a loss (RFC 3550, MAX_DROPOUT); at 50 packets a
    /// second it is a minute.
    private static let largestJump: Int64 = 3000
    /// How far back a late packet is told from a duplicate.
    private static let window: Int64 = 4096

    private var first: Int64?
    private var highest: Int64 = 0
    private var distinct: Int64 = 0
    private var lostBefore: Int64 = 0
    private(set) var duplicates = 0
    /// By extended sequence number, modulo the window.
    private var seen = [Bool](repeating: false, count: Int(window))
    /// A packet out of the order, and the number that would confirm that the sender started anew.
    private var suspect: UInt16?

    var lost: Int { Int(lostBefore + expected - distinct) }

    private var expected: Int64 { first.map { highest - $0 + 1 } ?? 0 }

    mutating func add(_ sequence: UInt16) {
      guard first != nil else { return start(at: Int64(sequence)) }
      let step = Int64(Int16(bitPattern: sequence &- UInt16(truncatingIfNeeded: highest)))
      guard abs(step) <= Self.largestJump else {
        if suspect == sequence {
          lostBefore += expected - distinct
          start(at: Int64(sequence) - 1)
          record(highest + 1)
        }
        suspect = sequence &+ 1
        return
      }
      suspect = nil
      record(highest + step)
    }

    mutating func reset() {
      guard first != nil else { return }
      first = highest + 1
      (distinct, lostBefore, duplicates) = (0, 0, 0)
    }

    private mutating func start(at number: Int64) {
      for index in seen.indices { seen[index] = false }
      (first, highest, distinct, suspect) = (number, number, 1, nil)
      mark(number, true)
    }

    private mutating func record(_ number: Int64) {
      if number > highest {
        for passed in (highest + 1)...number { mark(passed, false) }
        highest = number
      } else if number <= highest - Self.window || isMarked(number) {
        duplicates += 1
        return
      }
      mark(number, true)
      if let first, number >= first { distinct += 1 }
    }

    private func isMarked(_ number: Int64) -> Bool { seen[Self.index(number)] }
    private mutating func mark(_ number: Int64, _ value: Bool) { seen[Self.index(number)] = value }
    private static func index(_ number: Int64) -> Int { Int(((number % window) + window) % window) }
  }
#endif

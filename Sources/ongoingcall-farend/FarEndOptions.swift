// SPDX-License-Identifier: GPL-3.0-or-later
#if SIP
  /// The command line.
  struct FarEndOptions {
    var address = "127.0.0.1"
    /// 0 picks one.
    var port: Int32 = 0
    var answerAfter = 0
    var ringOnly = false
    var reject: Int32?
    var refuseReplaces: Int32?
    var hangUpAfter: Int?
    var play: String?
    var record: String?
    var statsEvery = 200

    static let usage = """
      usage: ongoingcall-farend [OPTION…]
      A far end for tests: answers SIP calls, measures the RTP that arrives, and prints what happens as JSON lines.

        --address ADDRESS     the address to listen on (127.0.0.1)
        --port PORT           the UDP port; 0 picks one (0)
        --answer-after MS     ring for so long first (0)
        --ring-only           never answer
        --reject CODE         refuse every call with this SIP status, 400 to 699
        --refuse-replaces CODE
                              refuse every call that is to replace another (INVITE with Replaces)
        --hang-up-after MS    hang up so long after the answer
        --play FILE           play this WAV file (silence)
        --record FILE         record to this file, whose name ends in .wav
        --stats-every MS      print an rtp event so often; 0 is never (200)

      Lines on standard input: stats, reset (the counters), hold, unhold, hangup, quit, vanish (quit without a
      word to anybody), ignore (answer nothing that comes by SIP, while media flows on), heed (again).
      """

    enum Wrong: Error, CustomStringConvertible {
      case unknown(String)
      case noValue(String)
      case badValue(String, String, expected: String)

      var description: String {
        switch self {
        case .unknown(let option): "unknown option \(option)"
        case .noValue(let option): "\(option) needs a value"
        case .badValue(let option, let value, let expected): "\(option) \(value): expected \(expected)"
        }
      }
    }

    init(_ arguments: ArraySlice<String>) throws(Wrong) {
      var rest = arguments
      while let option = rest.popFirst() {
        switch option {
        case "--address": address = try Self.value(option, &rest)
        case "--port": port = Int32(try Self.number(option, &rest, in: 0...65535))
        case "--answer-after": answerAfter = try Self.number(option, &rest, in: 0...3_600_000)
        case "--ring-only": ringOnly = true
        case "--reject": reject = Int32(try Self.number(option, &rest, in: 400...699))
        case "--refuse-replaces":
          refuseReplaces = Int32(try Self.number(option, &rest, in: 400...699))
        case "--hang-up-after": hangUpAfter = try Self.number(option, &rest, in: 0...3_600_000)
        case "--play": play = try Self.value(option, &rest)
        case "--record": record = try Self.value(option, &rest)
        case "--stats-every": statsEvery = try Self.number(option, &rest, in: 0...3_600_000)
        default: throw .unknown(option)
        }
      }
    }

    private static func value(_ option: String, _ rest: inout ArraySlice<String>) throws(Wrong) -> String {
      guard let value = rest.popFirst() else { throw .noValue(option) }
      return value
    }

    private static func number(
      _ option: String, _ rest: inout ArraySlice<String>, in range: ClosedRange<Int>
    ) throws(Wrong) -> Int {
      let text = try value(option, &rest)
      guard let number = Int(text), range.contains(number) else {
        throw .badValue(option, text, expected: "a number from \(range.lowerBound) to \(range.upperBound)")
      }
      return number
    }
  }
#endif

// SPDX-License-Identifier: Apache-2.0
import CallModel
import DiceTestSupport
import FoundationEssentials
import Testing

@testable import SIPDialogs

/// A ticket that was spoiled on its way: what can still be read of it never ends the process that takes it up.
@Suite struct TicketMutationTests {
  private static func tickets() throws -> [[UInt8]] {
    var found: [CallTicket] = []
    let bench = try CallBench(seed: 1)
    _ = bench.add()
    bench.place()
    for _ in 0..<4 {
      bench.run(20)
      if let ticket = bench.ticket { found.append(ticket) }
    }
    bench.run(5000) { bench.isJoined }
    bench.hold(true)
    bench.run(1000)
    if let ticket = bench.ticket { found.append(ticket) }
    bench.farEnds = [:]
    bench.leave()
    if let ticket = bench.ticket { found.append(ticket) }
    return try found.map { Array(try JSONEncoder().encode($0)) }
  }

  private static let numbers = [
    "0", "-1", "1", "255", "65535", "65536", "2147483647", "2147483648", "4294967285", "4294967286", "4294967295",
    "9223372036854775807", "-9223372036854775808", "18446744073709551615", "1e308", "null", "\"\"", "[]", "true",
  ].map { Array($0.utf8) }

  /// One number is another, or what is in quotes is something else.
  private static func changed(_ bytes: [UInt8], _ dice: inout Dice) -> [UInt8] {
    func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
    let starts = bytes.indices.dropFirst().filter { isDigit(bytes[$0]) && !isDigit(bytes[$0 - 1]) }
    guard let start = starts.randomElement(using: &dice), let number = numbers.randomElement(using: &dice) else {
      return bytes
    }
    let end = bytes[start...].firstIndex { !isDigit($0) } ?? bytes.endIndex
    return Array(bytes[..<start]) + number + Array(bytes[end...])
  }

  @Test func nothingThatIsReadTraps() throws {
    var dice = Dice(5)
    var read = 0
    let seeds = try Self.tickets()
    #expect(seeds.count >= 4)
    for turn in 0..<4000 {
      var bytes = seeds[turn % seeds.count]
      for _ in 0..<Int.random(in: 1...2, using: &dice) {
        bytes = Int.random(in: 0..<4, using: &dice) == 0 ? dice.mutated(bytes) : Self.changed(bytes, &dice)
      }
      guard let ticket = try? JSONDecoder().decode(CallTicket.self, from: Data(bytes)) else { continue }
      read += 1
      try Self.live(ticket, &dice)
    }
    #expect(read > 1000)
  }

  /// What a process goes through with it.
  private static func live(_ ticket: CallTicket, _ dice: inout Dice) throws {
    let bench = try CallBench(seed: 2)
    var call = SIPCall(bench.order, random: dice)
    var now: Int64 = 1000
    var inputs: [CallInput] = [.takeUp(ticket)]
    for step in 0..<12 {
      let input = inputs.isEmpty ? .tick : inputs.removeFirst()
      for effect in call.handle(input, at: now) {
        switch effect {
        case .open(let targets, let preferred):
          guard let target = targets.first else { continue }
          inputs.append(
            .opened(
              preferred
                ?? LocalEnd(target: target, address: CallBench.own, port: 5060, mediaPort: 7000, controlPort: 7001)))
        case .send(let request, let end, let transaction):
          if request.method == "INVITE", let body = try? SessionDescription(request.body) { _ = body.description }
          let response = SIPMessage.response(step % 3 == 0 ? 481 : 200, "X", to: request, tag: "t")
          inputs.append(.response(response, transaction: transaction, from: end.target.host))
        case .report(let report): _ = try JSONEncoder().encode(report.ticket)
        default: break
        }
      }
      if step == 6 { inputs.append(.setHeld(true)) }
      if step == 9 { inputs.append(.leave(.hungUp)) }
      now = max(now, call.nextDeadline ?? now + 1000)
    }
  }
}

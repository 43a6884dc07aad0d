// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import FoundationEssentials
import Testing

/// A life is written down for the next daemon.
struct SessionLifeCodingTests {
  @Test(arguments: SessionLifeTests.situations)
  func goesOnWhereItWas(in situation: SessionLifeTests.Situation) throws {
    var life = SessionLife(startMuted: true)
    for input in situation.path { _ = life.handle(input) }
    var read = try JSONDecoder().decode(SessionLife.self, from: JSONEncoder().encode(life))
    #expect(read == life)
    for input in SessionLifeTests.inputs { #expect(read.handle(input) == life.handle(input)) }
  }
}

// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import OngoingCall

@Suite(.timeLimit(.minutes(1))) struct TurnsTests {
  @BusActor
  private final class Order {
    var numbers: [Int] = []
    nonisolated init() {}
  }

  @Test func whoComesFirstIsFirst() async {
    let (turns, order) = (Turns(), Order())
    await turns.take()
    // They come in this order: the actor begins tasks in the order in which they are made.
    let others = (1...4).map { number in
      Task { @BusActor in
        await turns.take()
        order.numbers.append(number)
        turns.pass()
      }
    }
    await Task { @BusActor in turns.pass() }.value
    for other in others { await other.value }
    #expect(await order.numbers == [1, 2, 3, 4])
  }

  /// Such a task lets others on wherever it waits.
  @Test @BusActor func aTaskThatPrefersAnExecutorHasItsTurn() async {
    let turns = Turns()
    await turns.take()
    let takeOne: @BusActor @Sendable () async -> Void = {
      await turns.take()
      turns.pass()
    }
    let other = Task(executorPreference: InlineExecutor(), operation: takeOne)
    await Task { turns.pass() }.value
    await other.value
  }
}

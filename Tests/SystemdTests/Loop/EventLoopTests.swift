// SPDX-License-Identifier: Apache-2.0
import Glibc
import OngoingCallTestSupport
import Testing

@testable import Systemd

@Suite struct EventLoopTests {
  @EventLoopActor
  private final class Record {
    var numbers: [Int: [Int]] = [:]
    var offLoop = 0
    func note(_ thread: Int, _ number: Int) {
      if !EventLoop.main.isCurrent { offLoop += 1 }
      numbers[thread, default: []].append(number)
    }
  }

  private final class Start: Sendable {
    let thread: Int
    let record: Record
    let finished: Mailbox<Int>

    init(thread: Int, record: Record, finished: Mailbox<Int>) {
      self.thread = thread
      self.record = record
      self.finished = finished
    }
  }

  private static let jobs = 4000

  @Test func jobsOfManyThreadsAllRunOnTheLoopInTheOrderOfTheirThread() async throws {
    let threads = 8
    let (numbers, offLoop) = try await onEventLoop {
      let record = Record()
      let finished = Mailbox<Int>()
      for thread in 0..<threads {
        Self.spawn(Start(thread: thread, record: record, finished: finished))
      }
      let last = await finished.next(threads)
      #expect(Set(last).count == threads)
      return (record.numbers, record.offLoop)
    }
    #expect(offLoop == 0)
    #expect(numbers.count == threads)
    for (thread, order) in numbers { #expect(order == Array(0..<Self.jobs), "thread \(thread)") }
  }

  private nonisolated static func spawn(_ start: Start) {
    var id = pthread_t()
    let result = pthread_create(
      &id, nil,
      { argument in
        guard let argument else { return nil }
        let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
        for number in 0..<EventLoopTests.jobs {
          Task { @EventLoopActor in
            start.record.note(start.thread, number)
            if number == EventLoopTests.jobs - 1 { start.finished.put(start.thread) }
          }
        }
        return nil
      }, Unmanaged.passRetained(start).toOpaque())
    #expect(result == 0)
    pthread_detach(id)
  }

  @Test func aTaskStaysOnTheLoopWhateverItAwaits() async throws {
    let wandered = try await onEventLoop {
      let done = Mailbox<Int>()
      EventLoopActor.task {
        var wandered = 0
        for _ in 0..<50 {
          await withCheckedContinuation { Self.resumeElsewhere($0) }
          if !EventLoop.main.isCurrent { wandered += 1 }
          // Without an actor of its own it would go by way of the global executor.
          if await !Self.isOnLoop() { wandered += 1 }
        }
        done.put(wandered)
      }
      return await done.next()
    }
    #expect(wandered == 0)
  }

  /// On a thread of its own: those of Swift's pool may all be taken.
  private nonisolated static func resumeElsewhere(_ continuation: CheckedContinuation<Void, Never>) {
    final class Box: Sendable {
      let continuation: CheckedContinuation<Void, Never>
      init(_ continuation: CheckedContinuation<Void, Never>) { self.continuation = continuation }
    }
    var id = pthread_t()
    let result = pthread_create(
      &id, nil,
      { argument in
        if let argument { Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().continuation.resume() }
        return nil
      }, Unmanaged.passRetained(Box(continuation)).toOpaque())
    precondition(result == 0)
    pthread_detach(id)
  }

  private nonisolated static func isOnLoop() async -> Bool {
    await Task.yield()
    return EventLoop.main.isCurrent
  }

  @Test func tasksStartInTheOrderInWhichTheyWereMade() async throws {
    let order = try await onEventLoop {
      let order = Mailbox<Int>()
      for number in 0..<500 { EventLoopActor.task { order.put(number) } }
      return await order.next(500)
    }
    #expect(order == Array(0..<500))
  }

  @Test func knowsItsThread() async throws {
    #expect(!EventLoop.main.isCurrent)
    let (isCurrent, value) = try await onEventLoop {
      EventLoop.main.checkIsolated()
      return (EventLoop.main.isCurrent, EventLoopActor.assumeIsolated { 42 })
    }
    #expect(isCurrent)
    #expect(value == 42)
  }

  @Test func errorsComeOutOfAssumedIsolation() async throws {
    let error = try await onEventLoop { () -> SystemError? in
      do throws(SystemError) {
        try EventLoopActor.assumeIsolated { () throws(SystemError) in throw SystemError("try", errno: EPERM) }
        return nil
      } catch { return error }
    }
    #expect(error == SystemError("try", errno: EPERM))
  }

  // What follows ends a process, or takes its loop: each in a process of its own.

  @Test func anotherThreadIsNotIsolated() async {
    await #expect(processExitsWith: .failure) {
      EventLoopThread.start()
      EventLoop.main.checkIsolated()
    }
  }

  @Test func anotherThreadMayNotAssumeIsolation() async {
    await #expect(processExitsWith: .failure) {
      EventLoopThread.start()
      EventLoopActor.assumeIsolated {}
    }
  }

  @Test func aThreadMayNotClaimAnothersLoop() async {
    await #expect(processExitsWith: .failure) {
      try await onEventLoop {}
      EventLoop.main.claim()
    }
  }

  @Test func runReturnsTheCodeOfExit() async {
    await #expect(processExitsWith: .exitCode(7)) {
      EventLoop.main.claim()
      EventLoopActor.task {
        await withCheckedContinuation { continuation in Task.detached { continuation.resume() } }
        EventLoop.main.exit(7)
      }
      let code = try EventLoop.main.run()
      if EventLoop.main.isCurrent { exit(code) }
    }
  }

  @Test func claimingOnesOwnLoopAgainIsFine() async {
    await #expect(processExitsWith: .exitCode(3)) {
      EventLoop.main.claim()
      EventLoop.main.claim()
      EventLoop.main.checkIsolated()
      if EventLoop.main.isCurrent { exit(3) }
    }
  }
}

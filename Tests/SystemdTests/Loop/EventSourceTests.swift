// SPDX-License-Identifier: Apache-2.0
import Glibc
import OngoingCallTestSupport
import Testing

@testable import Systemd

@Suite struct EventSourceTests {
  /// Returns after the loop has gone round a few times and has fired what was due.
  @EventLoopActor
  private static func pass(_ duration: Duration) async throws {
    let passed = Mailbox<Void>()
    let timer = try EventSource.timer(after: duration, accuracy: .milliseconds(1)) { passed.put(()) }
    _ = await passed.next()
    timer.cancel()
  }

  // MARK: Timers

  @Test func aTimerFiresOnceAndNotEarly() async throws {
    let clock = ContinuousClock()
    let start = clock.now
    let (elapsed, more) = try await onEventLoop {
      let fired = Mailbox<ContinuousClock.Instant>()
      let timer = try EventSource.timer(after: .milliseconds(30), accuracy: .milliseconds(1)) { fired.put(clock.now) }
      let first = try #require(await fired.next())
      try await Self.pass(.milliseconds(80))
      withExtendedLifetime(timer) {}
      return (first - start, fired.waiting.count)
    }
    #expect(elapsed >= .milliseconds(30))
    #expect(more == 0)
  }

  @Test func timersOfNoTimeAndOfTimePastFireAtOnce() async throws {
    let count = try await onEventLoop {
      let fired = Mailbox<Int>()
      let timers = try [Duration.zero, .seconds(-5)].map { try EventSource.timer(after: $0) { fired.put(1) } }
      let count = await fired.next(2).count
      withExtendedLifetime(timers) {}
      return count
    }
    #expect(count == 2)
  }

  @Test func aTimerThatIsCancelledOrDroppedDoesNotFire() async throws {
    let fired = try await onEventLoop {
      let fired = Mailbox<String>()
      let cancelled = try EventSource.timer(after: .milliseconds(10)) { fired.put("cancelled") }
      var dropped: EventSource? = try EventSource.timer(after: .milliseconds(10)) { fired.put("dropped") }
      withExtendedLifetime(dropped) {}
      cancelled.cancel()
      cancelled.cancel()
      dropped = nil
      try await Self.pass(.milliseconds(40))
      return fired.waiting
    }
    #expect(fired == [])
  }

  @Test func aRepeatingTimerFiresUntilItIsCancelledInItsOwnHandler() async throws {
    let count = try await onEventLoop {
      final class State { var source: EventSource?; var count = 0 }
      let state = State()
      let third = Mailbox<Void>()
      state.source = try EventSource.repeatingTimer(every: .milliseconds(3), accuracy: .milliseconds(1)) {
        state.count += 1
        guard state.count == 3 else { return }
        // The last reference goes while the handler runs.
        state.source = nil
        third.put(())
      }
      _ = await third.next()
      try await Self.pass(.milliseconds(30))
      return state.count
    }
    #expect(count == 3)
  }

  @Test func aHandlerMayCancelAnotherSourceThatIsDueToo() async throws {
    let count = try await onEventLoop {
      final class State { var sources: [EventSource] = []; var count = 0 }
      let state = State()
      let first = Mailbox<Void>()
      // All are due in the same turn of the loop; the first to run takes the others away.
      state.sources = try (0..<5).map { _ in
        try EventSource.timer(after: .zero, accuracy: .milliseconds(1)) {
          state.count += 1
          state.sources.removeAll()
          first.put(())
        }
      }
      _ = await first.next()
      try await Self.pass(.milliseconds(20))
      return state.count
    }
    #expect(count == 1)
  }

  // MARK: Descriptors

  private struct Pair: ~Copyable {
    let ours: Int32
    let theirs: Int32

    init() {
      var ends: [Int32] = [-1, -1]
      let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
      precondition(socketpair(AF_UNIX, type, 0, &ends) == 0)
      (ours, theirs) = (ends[0], ends[1])
    }
  }

  @Test func aDescriptorIsReportedAsReadableWritableAndHungUp() async throws {
    let (readable, writable, hungUp) = try await onEventLoop {
      let pair = Pair()
      let seen = Mailbox<EventSource.Readiness>()
      var byte: UInt8 = 1
      let source = try EventSource.descriptor(pair.ours, .readable) { readiness in
        var byte: UInt8 = 0
        _ = read(pair.ours, &byte, 1)
        seen.put(readiness)
      }
      _ = write(pair.theirs, &byte, 1)
      let readable = await seen.next()
      source.watch(for: .writable)
      let writable = await seen.next()
      source.watch(for: .readable)
      close(pair.theirs)
      var last = await seen.next()
      while let readiness = last, !readiness.contains(.hungUp) { last = await seen.next() }
      source.cancel()
      close(pair.ours)
      return (readable, writable, last)
    }
    #expect(readable == .readable)
    #expect(writable == .writable)
    #expect(hungUp?.contains([.hungUp, .readable]) == true)
  }

  @Test func aDescriptorIsLeftAloneOnceItsSourceIsCancelled() async throws {
    let (before, after) = try await onEventLoop {
      let pair = Pair()
      // As in the fd store: closing one end does not close what it refers to, which then would be watched for ever.
      let kept = dup(pair.ours)
      let seen = Mailbox<EventSource.Readiness>()
      let source = try EventSource.descriptor(pair.ours, .readable) { seen.put($0) }
      var byte: UInt8 = 1
      _ = write(pair.theirs, &byte, 1)
      let before = await seen.next()
      source.cancel()
      close(pair.ours)
      _ = await Mailbox<Void>().next(within: .milliseconds(1))
      let taken = seen.waiting.count
      _ = write(pair.theirs, &byte, 1)
      close(pair.theirs)
      try await Self.pass(.milliseconds(20))
      source.watch(for: .writable)
      try await Self.pass(.milliseconds(20))
      close(kept)
      return (before, seen.waiting.count - taken)
    }
    #expect(before == .readable)
    #expect(after == 0)
  }

  @Test func whatCannotBeWatchedIsRefused() async throws {
    let folder = TemporaryFolder()
    let file = open(folder.write("text", to: "file"), O_RDONLY | O_CLOEXEC)
    defer { close(file) }
    let refused: SystemError? = try await onEventLoop {
      do throws(SystemError) {
        _ = try EventSource.descriptor(file, .readable) { _ in }
        return nil
      } catch { return error }
    }
    #expect(refused == SystemError("watch a descriptor", errno: EPERM))
  }

  // MARK: Directories

  @Test func whatComesAndGoesInADirectoryIsSeen() async throws {
    let folder = TemporaryFolder()
    let seen = try await onEventLoop {
      let seen = Mailbox<Void>()
      let source = try EventSource.directory(folder.path) { seen.put(()) }
      folder.write("", to: "a")
      let came = await seen.next() != nil
      rename(folder["a"], "/tmp/ongoingcall-moved-\(getpid())")
      let left = await seen.next() != nil
      rename("/tmp/ongoingcall-moved-\(getpid())", folder["b"])
      let back = await seen.next() != nil
      unlink(folder["b"])
      let went = await seen.next() != nil
      withExtendedLifetime(source) {}
      return [came, left, back, went]
    }
    #expect(seen == [true, true, true, true])
  }

  @Test(arguments: [("absent", ENOENT), ("file", ENOTDIR)])
  func whatIsNoDirectoryIsRefused(_ name: String, _ errno: Int32) async throws {
    let folder = TemporaryFolder()
    folder.write("", to: "file")
    let refused: SystemError? = try await onEventLoop {
      do throws(SystemError) {
        _ = try EventSource.directory(folder[name]) {}
        return nil
      } catch { return error }
    }
    #expect(refused == SystemError("watch the directory \(folder[name])", errno: errno))
  }

  // MARK: Signals

  @Test func aSignalIsReportedAndDoesNotEndTheProcess() async throws {
    let count = try await onEventLoop {
      let seen = Mailbox<Void>()
      let source = try EventSource.signal(SIGUSR2) { seen.put(()) }
      // To this thread alone: others of a test process do not block it.
      for _ in 0..<2 {
        pthread_kill(pthread_self(), SIGUSR2)
        guard await seen.next() != nil else { return 0 }
      }
      withExtendedLifetime(source) {}
      return 2
    }
    #expect(count == 2)
  }
}

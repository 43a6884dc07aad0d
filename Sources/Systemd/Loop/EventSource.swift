// SPDX-License-Identifier: Apache-2.0
internal import CSystemd
internal import Glibc

/// An event source: a timer, a descriptor, a signal. It is watched as long as the object exists.
@EventLoopActor
public final class EventSource {
  /// The conditions of a descriptor.
  public struct Readiness: OptionSet, Sendable {
    public var rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    public static let readable = Readiness(rawValue: UInt32(EPOLLIN.rawValue))
    public static let writable = Readiness(rawValue: UInt32(EPOLLOUT.rawValue))
    /// The other end has closed. Always reported.
    public static let hungUp = Readiness(rawValue: UInt32(EPOLLHUP.rawValue))
    /// Always reported.
    public static let error = Readiness(rawValue: UInt32(EPOLLERR.rawValue))
  }

  private var source: OpaquePointer?
  private let handler: @EventLoopActor (Readiness) -> Void

  private init(_ handler: @escaping @EventLoopActor (Readiness) -> Void) { self.handler = handler }

  deinit { EventLoopActor.assumeIsolated { cancel() } }

  public func cancel() {
    // The loop keeps a source alive that is cancelled in its own handler.
    sd_event_source_disable_unref(source)
    source = nil
  }

  private func fired(_ readiness: Readiness = []) { handler(readiness) }

  /// Unretained: the object cancels its source before it is freed.
  private var userdata: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }

  private nonisolated static func fire(_ userdata: UnsafeMutableRawPointer?, _ readiness: Readiness = []) -> Int32 {
    guard let userdata else { return 0 }
    let source = Unmanaged<EventSource>.fromOpaque(userdata).takeUnretainedValue()
    EventLoopActor.assumeIsolated { source.fired(readiness) }
    return 0
  }

  // MARK: Kinds

  /// Fires once, after the machine has been awake for `duration` (CLOCK_MONOTONIC).
  public static func timer(
    after duration: Duration, accuracy: Duration = .milliseconds(10), _ handler: @escaping @EventLoopActor () -> Void
  ) throws(SystemError) -> EventSource {
    let result = EventSource { _ in handler() }
    try SystemError.check(
      sd_event_add_time_relative(
        EventLoop.main.event, &result.source, CLOCK_MONOTONIC, duration.microseconds, accuracy.microseconds,
        { _, _, userdata in EventSource.fire(userdata) }, result.userdata),
      "set a timer")
    return result
  }

  /// Returns after `duration`, without a waiting thread.
  public static func pause(_ duration: Duration) async throws(SystemError) {
    final class Holder { var source: EventSource? }
    let holder = Holder()
    let failure: SystemError? = await withCheckedContinuation { continuation in
      do throws(SystemError) {
        holder.source = try timer(after: duration) { continuation.resume(returning: nil) }
      } catch { continuation.resume(returning: error) }
    }
    holder.source = nil
    if let failure { throw failure }
  }

  /// Fires repeatedly; see ``timer(after:accuracy:_:)``.
  public static func repeatingTimer(
    every interval: Duration, accuracy: Duration = .milliseconds(10), _ handler: @escaping @EventLoopActor () -> Void
  ) throws(SystemError) -> EventSource {
    final class Box { weak var source: EventSource? }
    let box = Box()
    let result = EventSource { _ in
      if let source = box.source?.source {
        _ = sd_event_source_set_time_relative(source, interval.microseconds)
        _ = sd_event_source_set_enabled(source, Int32(SD_EVENT_ONESHOT))
      }
      handler()
    }
    box.source = result
    try SystemError.check(
      sd_event_add_time_relative(
        EventLoop.main.event, &result.source, CLOCK_MONOTONIC, interval.microseconds, accuracy.microseconds,
        { _, _, userdata in EventSource.fire(userdata) }, result.userdata),
      "set a timer")
    return result
  }

  /// Fires whenever `descriptor`, which the caller keeps, is ready.
  public static func descriptor(
    _ descriptor: Int32, _ interest: Readiness, _ handler: @escaping @EventLoopActor (Readiness) -> Void
  ) throws(SystemError) -> EventSource {
    let result = EventSource(handler)
    try SystemError.check(
      sd_event_add_io(
        EventLoop.main.event, &result.source, descriptor, interest.rawValue,
        { _, _, readiness, userdata in EventSource.fire(userdata, Readiness(rawValue: readiness)) },
        result.userdata),
      "watch a descriptor")
    return result
  }

  /// Fires whenever an entry of the directory at `path` is added or removed. There may be one source per directory.
  public static func directory(
    _ path: String, _ handler: @escaping @EventLoopActor () -> Void
  ) throws(SystemError) -> EventSource {
    let watch = try KeptWatches.descriptor(for: path)
    return try descriptor(watch, .readable) { _ in
      KeptWatches.drain(watch)
      handler()
    }
  }

  /// Changes what a descriptor is watched for.
  public func watch(for interest: Readiness) {
    guard let source else { return }
    _ = sd_event_source_set_io_events(source, interest.rawValue)
  }

  /// Fires whenever the process gets `signal`, which is blocked in all threads that start from now on.
  public static func signal(
    _ signal: Int32, _ handler: @escaping @EventLoopActor () -> Void
  ) throws(SystemError) -> EventSource {
    let result = EventSource { _ in handler() }
    var set = sigset_t()
    sigemptyset(&set)
    sigaddset(&set, signal)
    pthread_sigmask(SIG_BLOCK, &set, nil)
    try SystemError.check(
      sd_event_add_signal(
        EventLoop.main.event, &result.source, signal,
        { _, _, userdata in EventSource.fire(userdata) }, result.userdata),
      "watch for a signal")
    return result
  }
}

extension Duration {
  package var microseconds: UInt64 {
    let (seconds, attoseconds) = components
    return UInt64(max(0, seconds)) * 1_000_000 + UInt64(max(0, attoseconds)) / 1_000_000_000_000
  }
}

// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

extension CallSession {
  /// The events of one call, from the first one that this process received to its end.
  ///
  /// Every iteration gets all events. They wait for a slow iteration; if more than 1024 wait, an
  /// ``Event/Kind/eventsForgotten`` replaces the oldest.
  public struct Events: AsyncSequence, Sendable {
    public typealias Element = Event
    public typealias Failure = Never

    let subscribe: @Sendable () -> EventChannel

    public func makeAsyncIterator() -> Iterator { Iterator(channel: subscribe()) }

    /// The position of one iteration.
    public struct Iterator: AsyncIteratorProtocol {
      private let channel: EventChannel
      private var base: AsyncStream<Event>.Iterator
      private var held: Event?

      init(channel: EventChannel) {
        self.channel = channel
        base = channel.stream.makeAsyncIterator()
      }

      /// Returns the next event; nil after the last one, or if the task is cancelled.
      public mutating func next(isolation actor: isolated (any Actor)? = #isolation) async -> Event? {
        if let event = held {
          held = nil
          return event
        }
        guard let event = await base.next(isolation: actor) else { return nil }
        guard channel.takeLoss() else { return event }
        held = event
        return Event(sequence: event.sequence, time: event.time, kind: .eventsForgotten)
      }
    }
  }
}

/// The events on their way to one listener or one iteration.
final class EventChannel: Sendable {
  static let capacity = 1024

  let stream: AsyncStream<CallSession.Event>
  private let continuation: AsyncStream<CallSession.Event>.Continuation
  private let hasLost = Atomic(false)
  /// Nothing more is to come out of it, whatever is in it.
  private let isClosed = Atomic(false)

  init() {
    (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(Self.capacity))
  }

  func send(_ event: CallSession.Event) {
    if case .dropped = continuation.yield(event) { hasLost.store(true, ordering: .sequentiallyConsistent) }
  }

  func finish() { continuation.finish() }

  func onTermination(_ act: @escaping @Sendable () -> Void) { continuation.onTermination = { _ in act() } }

  func close() {
    isClosed.store(true, ordering: .sequentiallyConsistent)
    finish()
  }

  var isOpen: Bool { !isClosed.load(ordering: .sequentiallyConsistent) }

  /// Whether events were dropped since it was asked last.
  func takeLoss() -> Bool { hasLost.exchange(false, ordering: .sequentiallyConsistent) }
}

// SPDX-License-Identifier: Apache-2.0
#if SIP
  import CSofia
  import Glibc

  /// A watched descriptor; releasing this ends the watch.
  public final class DescriptorWatch {
    public struct Events: OptionSet, Sendable {
      public let rawValue: Int32
      public init(rawValue: Int32) { self.rawValue = rawValue }

      public static let readable = Events(rawValue: Int32(CSOFIA_READABLE))
      public static let writable = Events(rawValue: Int32(CSOFIA_WRITABLE))
      /// Always reported: an error, or the other end has closed.
      public static let broken = Events(rawValue: Int32(CSOFIA_BROKEN))
    }

    private let loop: SIPLoop
    private let handler: (Events) -> Void
    private var reference: OpaquePointer?

    init(
      _ loop: SIPLoop, _ descriptor: Int32, _ events: Events, _ handler: @escaping (Events) -> Void
    ) throws(TransportError) {
      (self.loop, self.handler) = (loop, handler)
      // The watch ends with this object.
      let context = Unmanaged.passUnretained(self).toOpaque()
      reference = csofia_watch_create(
        loop.reference, descriptor, events.rawValue,
        { context, events in
          guard let context else { return }
          let watch = Unmanaged<DescriptorWatch>.fromOpaque(context).takeUnretainedValue()
          withExtendedLifetime(watch) { watch.handler(Events(rawValue: events)) }
        }, context)
      guard reference != nil else { throw .watch(errno) }
    }

    deinit { cancel() }

    public func change(to events: Events) {
      if let reference { csofia_watch_change(reference, events.rawValue) }
    }

    public func cancel() {
      if let reference { csofia_watch_destroy(reference) }
      reference = nil
    }
  }
#endif

// SPDX-License-Identifier: Apache-2.0
#if SIP
  import CSofia

  /// A deadline; releasing it cancels it.
  public final class Timer {
    /// Kept, because it has to be there as long as this; nil where it keeps this.
    private let loop: SIPLoop?
    private var handler: (() -> Void)?
    private var reference: OpaquePointer?

    init(_ loop: SIPLoop, _ milliseconds: Int64, isOfLoop: Bool = false, _ handler: @escaping () -> Void) {
      (self.loop, self.handler) = (isOfLoop ? nil : loop, handler)
      // The timer ends with this object.
      let context = Unmanaged.passUnretained(self).toOpaque()
      reference = csofia_timer_create(
        loop.reference, milliseconds,
        { context in
          guard let context else { return }
          let timer = Unmanaged<Timer>.fromOpaque(context).takeUnretainedValue()
          withExtendedLifetime(timer) {
            let handler = timer.handler
            timer.cancel()
            handler?()
          }
        }, context)
      precondition(reference != nil, "out of memory")
    }

    deinit { cancel() }

    public func cancel() {
      if let reference { csofia_timer_destroy(reference) }
      (reference, handler) = (nil, nil)
    }
  }
#endif

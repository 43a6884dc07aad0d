// SPDX-License-Identifier: Apache-2.0

/// A registration with a bus, which lasts as long as this object.
@EventLoopActor
public final class BusSlot {
  private let end: @EventLoopActor () -> Void

  /// `end` removes the registration.
  init(_ end: @escaping @EventLoopActor () -> Void) { self.end = end }

  deinit { EventLoopActor.assumeIsolated { end() } }
}

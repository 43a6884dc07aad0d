// SPDX-License-Identifier: Apache-2.0

/// Something registered with a bus, for as long as this is there.
@EventLoopActor
public final class BusSlot {
  private let end: @EventLoopActor () -> Void

  /// `end` takes it back.
  init(_ end: @escaping @EventLoopActor () -> Void) { self.end = end }

  deinit { EventLoopActor.assumeIsolated { end() } }
}

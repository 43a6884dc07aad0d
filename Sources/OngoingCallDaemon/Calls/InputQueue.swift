// SPDX-License-Identifier: Apache-2.0
import Systemd

/// One input after the other: to handle one may bring about the next.
@EventLoopActor
final class InputQueue<Input> {
  private var waiting: [Input] = []
  private var isHandling = false

  /// Handles it at once, or after the one that is being handled.
  func take(_ input: Input, _ handle: (Input) -> Void) {
    waiting.append(input)
    guard !isHandling else { return }
    isHandling = true
    while !waiting.isEmpty { handle(waiting.removeFirst()) }
    isHandling = false
  }
}

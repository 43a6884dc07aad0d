// SPDX-License-Identifier: Apache-2.0
import CallModel

/// A job that starts a unit, whose end a task waits for. The end may come before the wait, or be missed.
@EventLoopActor
final class StartJob {
  let unit: String
  /// `done`, `failed` …
  private(set) var result: String?
  private let bell = AutoResetEvent()

  init(of unit: String) { self.unit = unit }

  /// JobRemoved(u id, o job, s unit, s result)
  func heard(_ signal: borrowing Message) {
    let values = (0..<4).map { _ in try? signal.read() }
    guard values[2]?.asString == unit, result == nil else { return }
    result = values[3]?.asString ?? "unknown"
    bell.ring()
  }

  /// Its end may have been missed: stop waiting, and ask for it.
  func doubt() { bell.ring() }

  /// nil if it is time to ask.
  func result(within limit: Duration) async -> String? {
    if result == nil { await bell.wait(limit) }
    return result
  }
}

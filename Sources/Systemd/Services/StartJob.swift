// SPDX-License-Identifier: Apache-2.0
import CallModel

/// A job that starts a unit, whose end somebody waits for. The end may come before the wait, and go by unheard.
@EventLoopActor
final class StartJob {
  let unit: String
  /// `done`, `failed` …
  private(set) var result: String?
  private let bell = Bell()

  init(of unit: String) { self.unit = unit }

  /// JobRemoved(u id, o job, s unit, s result)
  func heard(_ signal: borrowing Message) {
    let values = (0..<4).map { _ in try? signal.read() }
    guard values[2]?.asString == unit, result == nil else { return }
    result = values[3]?.asString ?? "unknown"
    bell.ring()
  }

  /// Its end may have gone by: nobody need wait any longer to ask for it.
  func doubt() { bell.ring() }

  /// Nil where it is time to ask.
  func result(within limit: Duration) async -> String? {
    if result == nil { await bell.wait(limit) }
    return result
  }
}

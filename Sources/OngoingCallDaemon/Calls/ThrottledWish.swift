// SPDX-License-Identifier: Apache-2.0
import Systemd

/// What an engine is told of one thing that the user wants so or so. The newest wish wins: while the engine is at one,
/// and for a moment after it was told, only the last of those that come is kept.
@EventLoopActor
final class ThrottledWish<Value: Equatable> {
  private let pause: Duration
  private let patience: Duration
  private let send: @EventLoopActor (Value) -> Void
  /// What the engine was told last.
  private var told: Value?
  private var wanted: Value?
  private var isAnswered = false
  private var isPaused = false
  private var timer: EventSource?

  /// - Parameters:
  ///   - pause: between two wishes, however soon the engine answers.
  ///   - patience: for the engine's answer.
  init(
    pause: Duration = Wait.betweenWishes, patience: Duration = Wait.wish,
    _ send: @escaping @EventLoopActor (Value) -> Void
  ) {
    (self.pause, self.patience, self.send) = (pause, patience, send)
  }

  private var isUnderWay: Bool { timer != nil }

  /// What is wanted and not told yet, or was told last.
  var newest: Value? { wanted ?? (isUnderWay ? told : nil) }

  func want(_ value: Value) {
    guard !isUnderWay else { return wanted = value }
    tell(value)
  }

  /// The engine is as it was told last.
  func answered(_ value: Value) {
    guard isUnderWay, told == value else { return }
    answered()
  }

  /// The engine is at it no more.
  func answered() {
    isAnswered = true
    if isUnderWay, !isPaused { next() }
  }

  private func tell(_ value: Value) {
    (told, wanted, isAnswered, isPaused) = (value, nil, false, true)
    send(value)
    timer = try? EventSource.timer(after: pause) { [weak self] in self?.pauseIsOver() }
  }

  private func pauseIsOver() {
    isPaused = false
    guard !isAnswered else { return next() }
    timer = try? EventSource.timer(after: patience) { [weak self] in self?.next() }
    if timer == nil { next() }
  }

  private func next() {
    timer = nil
    let value = wanted
    wanted = nil
    if let value, value != told || !isAnswered { tell(value) }
  }
}

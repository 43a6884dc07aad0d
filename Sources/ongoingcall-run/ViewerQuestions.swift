// SPDX-License-Identifier: Apache-2.0
import TerminalScreen

/// The program's questions that one viewer's terminal is to answer.
///
/// Each gets one answer: the viewer's, or the engine's where the viewer never saw the question, or left at once.
final class ViewerQuestions {
  private static let maximum = 64
  /// How long a terminal may take to answer, in milliseconds, before its viewer leaves.
  private static let answerTime = 1000

  /// Not sent yet.
  private var waiting: [VirtualScreen.Question] = []
  /// Sent, and when.
  private var sent: (questions: [VirtualScreen.Question], time: Int) = ([], 0)
  /// Those that the viewer does not get any more.
  private var missed: [VirtualScreen.Question] = []

  /// False if there are too many.
  func add(_ asked: VirtualScreen.Question) -> Bool {
    guard waiting.count < Self.maximum else { return false }
    waiting.append(asked)
    return true
  }

  func waits(_ place: Int) -> Bool { waiting.contains { $0.place == place } }

  func noteAsked(_ places: [Int]) {
    guard !places.isEmpty else { return }
    sent = (waiting.filter { places.contains($0.place) }, monotonicMilliseconds())
    waiting.removeAll { places.contains($0.place) }
  }

  /// Something was typed, an answer among it.
  func noteInput() { sent.questions = [] }

  /// The output up to `place` is not shown any more as it was.
  func skip(upTo place: Int) {
    missed += waiting.filter { $0.place <= place }
    waiting.removeAll { $0.place <= place }
  }

  /// Those that the engine is to answer.
  func takeMissed(isGone: Bool) -> [VirtualScreen.Question] {
    if isGone {
      skip(upTo: .max)
      if monotonicMilliseconds() - sent.time < Self.answerTime { missed = sent.questions + missed }
      sent.questions = []
    }
    defer { missed = [] }
    return missed
  }
}

// SPDX-License-Identifier: Apache-2.0
import TerminalChannel

/// The program's questions that one viewer's terminal is to answer.
///
/// Each gets one answer: the viewer's, or the engine's where the viewer never saw the question, or left at once.
final class ViewerQuestions {
  typealias Asked = (question: TerminalQuestion, place: Int)

  private static let maximum = 64
  /// How long a terminal may take to answer, in milliseconds, before its viewer leaves.
  private static let answerTime = 1000

  /// Not sent yet.
  private var waiting: [Asked] = []
  /// Sent, and when.
  private var sent: (questions: [TerminalQuestion], time: Int) = ([], 0)
  /// Those that the viewer does not get any more.
  private var missed: [TerminalQuestion] = []

  /// False if there are too many.
  func add(_ asked: Asked) -> Bool {
    guard waiting.count < Self.maximum else { return false }
    waiting.append(asked)
    return true
  }

  func waits(_ place: Int) -> Bool { waiting.contains { $0.place == place } }

  func noteAsked(_ places: [Int]) {
    guard !places.isEmpty else { return }
    sent = (waiting.filter { places.contains($0.place) }.map(\.question), monotonicMilliseconds())
    waiting.removeAll { places.contains($0.place) }
  }

  /// Something was typed, an answer among it.
  func noteInput() { sent.questions = [] }

  /// The output up to `place` is not shown any more as it was.
  func skip(upTo place: Int) {
    missed += waiting.filter { $0.place <= place }.map(\.question)
    waiting.removeAll { $0.place <= place }
  }

  /// Those that the engine is to answer.
  func takeMissed(isGone: Bool) -> [TerminalQuestion] {
    if isGone {
      skip(upTo: .max)
      if monotonicMilliseconds() - sent.time < Self.answerTime { missed = sent.questions + missed }
      sent.questions = []
    }
    defer { missed = [] }
    return missed
  }
}

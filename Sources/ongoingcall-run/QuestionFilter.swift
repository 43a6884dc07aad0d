// SPDX-License-Identifier: Apache-2.0
import Glibc
import TerminalChannel

/// Passes a program's output, but of its questions to the terminal only those that this viewer's terminal is to answer.
struct QuestionFilter {
  /// Longer than any question that is known.
  private static let maximumHeld = 1024

  private var parser: ControlParser
  /// A sequence that has begun, and may be a question.
  private var held: [UInt8]
  /// The sequence is too long for one, and passes as it comes.
  private var isLong = false

  /// Nothing passes before the end of a sequence whose beginning is gone.
  private var isDropping: Bool

  /// - Parameter parser: in the middle of a sequence of which nothing has passed, nor will.
  init(dropping parser: ControlParser = ControlParser()) {
    (self.parser, held, isDropping) = (parser, [], parser.isInSequence)
  }

  /// - Parameters:
  ///   - place: of the first of `bytes`.
  ///   - asks: whether the question that ends at that place is for this viewer.
  mutating func pass(_ bytes: [UInt8], at place: Int, asks: (TerminalQuestion, Int) -> Bool) -> [UInt8] {
    var passed: [UInt8] = []
    passed.reserveCapacity(bytes.count + held.count)
    var rest = bytes[...]
    while isDropping, let byte = rest.popFirst() {
      _ = parser.take(byte)
      isDropping = parser.isInSequence
    }
    while !rest.isEmpty {
      if !parser.isInSequence {
        let text = rest.prefix(Self.distance(to: 0x1B, in: rest))
        passed += text
        rest = rest.dropFirst(text.count)
      }
      guard let byte = rest.popFirst() else { break }
      held.append(byte)
      if case .sequence(let sequence) = parser.take(byte), !isLong, let question = TerminalQuestion(sequence),
        !asks(question, place + rest.startIndex)
      {
        held.removeAll(keepingCapacity: true)
      }
      if isLong || held.count > Self.maximumHeld || !parser.isInSequence {
        passed += held
        held.removeAll(keepingCapacity: true)
        isLong = parser.isInSequence
      }
    }
    return passed
  }

  private static func distance(to byte: UInt8, in bytes: ArraySlice<UInt8>) -> Int {
    bytes.withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress, let found = memchr(start, Int32(byte), bytes.count) else {
        return bytes.count
      }
      return UnsafeRawPointer(found) - start
    }
  }
}

// SPDX-License-Identifier: Apache-2.0

/// Splits terminal output into text and control sequences (ECMA-48, in UTF-8: no 8-bit C1 controls).
public struct ControlParser: Sendable {
  public enum Piece: Sendable, Equatable {
    /// A byte of text, or a control character.
    case plain(UInt8)
    /// An escape or control sequence, or a string with its terminator, as a whole.
    case sequence([UInt8])
  }

  /// The same as a piece, where nothing is copied.
  public enum Event: Sendable, Equatable {
    /// What is there has been taken.
    case end
    case plain(UInt8)
    /// It is in `bytes` until the next is taken.
    case sequence
  }

  private enum State {
    case ground
    case escape
    case parameters
    case string
    case stringEscape
  }

  /// Longer sequences are not reported.
  private static let maximumLength = 1024

  private var state = State.ground
  public private(set) var bytes: [UInt8] = []

  public init() {}

  public var isInSequence: Bool { state != .ground }
  /// The incomplete sequence so far.
  public var incomplete: [UInt8] { isInSequence ? bytes : [] }

  public mutating func take(_ byte: UInt8) -> Piece? {
    switch step(byte) {
    case .end: nil
    case .plain(let byte): .plain(byte)
    case .sequence: .sequence(bytes)
    }
  }

  /// Takes bytes from `place` on, up to an event.
  public mutating func advance(in taken: UnsafeRawBufferPointer, from place: inout Int) -> Event {
    while place < taken.count {
      let event = step(taken[place])
      place += 1
      if event != .end || !isInSequence { return event }
    }
    return .end
  }

  private mutating func step(_ byte: UInt8) -> Event {
    switch (state, byte) {
    case (.ground, 0x1B): return begin()
    case (.ground, _): return .plain(byte)
    case (_, 0x18), (_, 0x1A): return cancel()
    case (.string, 0x1B): return go(to: .stringEscape, byte)
    case (.string, 0x07), (.stringEscape, 0x5C): return finish(byte)
    case (.string, _): return go(to: .string, byte)
    case (.stringEscape, _):
      _ = begin()
      return step(byte)
    case (_, 0x1B): return begin()
    case (_, 0..<0x20): return .plain(byte)
    case (.escape, 0x5B) where bytes.count == 1: return go(to: .parameters, byte)
    // Device control, start of string, operating system command, privacy message, application program command.
    case (.escape, 0x50), (.escape, 0x58), (.escape, 0x5D), (.escape, 0x5E), (.escape, 0x5F):
      return bytes.count == 1 ? go(to: .string, byte) : finish(byte)
    case (.escape, 0x20..<0x30), (.parameters, 0x20..<0x40): return go(to: state, byte)
    case (.escape, 0x30..<0x7F), (.parameters, 0x40..<0x7F): return finish(byte)
    default: return cancel()
    }
  }

  private mutating func begin() -> Event {
    bytes.removeAll(keepingCapacity: true)
    return go(to: .escape, 0x1B)
  }

  private mutating func go(to next: State, _ byte: UInt8) -> Event {
    state = next
    if bytes.count < Self.maximumLength { bytes.append(byte) }
    return .end
  }

  private mutating func finish(_ byte: UInt8) -> Event {
    state = .ground
    guard bytes.count < Self.maximumLength else { return .end }
    bytes.append(byte)
    return .sequence
  }

  private mutating func cancel() -> Event {
    state = .ground
    return .end
  }
}

/// A control sequence (`ESC [ … `) in its parts.
public struct ControlSequence {
  /// `<`, `=`, `>` or `?`, which make it private.
  public var mark: Unicode.Scalar?
  /// Missing ones are 0.
  public var parameters: [Int] = []
  public var intermediate: Unicode.Scalar?
  public var final: Unicode.Scalar

  public init?(_ sequence: [UInt8]) {
    guard sequence.count >= 3, sequence[1] == UInt8(ascii: "["), let last = sequence.last else { return nil }
    final = Unicode.Scalar(last)
    var body = sequence[2..<sequence.count - 1]
    if let first = body.first, (0x3C..<0x40).contains(first) {
      mark = Unicode.Scalar(first)
      body.removeFirst()
    }
    if let place = body.firstIndex(where: { (0x20..<0x30).contains($0) }) {
      intermediate = Unicode.Scalar(body[place])
      body = body[..<place]
    }
    guard !body.isEmpty else { return }
    parameters = body.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false).map { digits in
      digits.prefix(6).reduce(0) { (48...57).contains($1) ? $0 * 10 + Int($1 - 48) : $0 }
    }
  }
}

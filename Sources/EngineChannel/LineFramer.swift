// SPDX-License-Identifier: Apache-2.0

/// Splits a stream of bytes into lines of at most the length that the protocol allows.
///
/// It holds back at most one line. It reports a longer line once, when the line becomes too long, and skips it.
public struct LineFramer: Sendable {
  public typealias Line = Result<[UInt8], EngineProtocolError>

  private var pending: [UInt8] = []
  private var skips = false

  public init() {}

  /// Returns the lines that `bytes` complete, without their newlines and without empty lines.
  ///
  /// - Throws: `.lineTooLong` if any of them is too long; the others are dropped.
  public mutating func lines(of bytes: some Collection<UInt8>) throws(EngineProtocolError) -> [[UInt8]] {
    var lines: [[UInt8]] = []
    for line in each(of: bytes) { lines.append(try line.get()) }
    return lines
  }

  /// Like `lines(of:)`, but with a failure in the place of a line that is too long.
  public mutating func each(of bytes: some Collection<UInt8>) -> [Line] {
    var lines: [Line] = []
    var rest = bytes[...]
    while let newline = rest.firstIndex(of: UInt8(ascii: "\n")) {
      take(rest[..<newline], &lines)
      if !pending.isEmpty { lines.append(.success(pending)) }
      pending.removeAll(keepingCapacity: true)
      skips = false
      rest = rest[rest.index(after: newline)...]
    }
    take(rest, &lines)
    return lines
  }

  private mutating func take(_ part: some Collection<UInt8>, _ lines: inout [Line]) {
    guard !skips else { return }
    guard pending.count + part.count <= EngineProtocol.maximumLineLength else {
      pending.removeAll()
      skips = true
      return lines.append(.failure(.lineTooLong))
    }
    pending.append(contentsOf: part)
  }
}

// SPDX-License-Identifier: Apache-2.0

/// Cuts a stream of bytes into lines, of which none may be longer than the protocol allows.
///
/// It holds back at most one line. A longer one is told of once, when it becomes too long, and skipped up to its end.
public struct LineFramer: Sendable {
  public typealias Line = Result<[UInt8], EngineProtocolError>

  private var pending: [UInt8] = []
  private var skips = false

  public init() {}

  /// The lines that `bytes` complete, without their newlines; empty lines are left out.
  ///
  /// - Throws: `.lineTooLong` where any of them is; the others are dropped.
  public mutating func lines(of bytes: some Collection<UInt8>) throws(EngineProtocolError) -> [[UInt8]] {
    var lines: [[UInt8]] = []
    for line in each(of: bytes) { lines.append(try line.get()) }
    return lines
  }

  /// As `lines(of:)`, with a line that is too long as a failure in its place.
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

// SPDX-License-Identifier: Apache-2.0

/// Cuts a stream of bytes into lines, of which none may be longer than the protocol allows.
public struct LineFramer: Sendable {
  private var pending: [UInt8] = []

  public init() {}

  /// The lines that `bytes` complete, without their newlines; empty lines are left out.
  ///
  /// - Throws: `.lineTooLong`; what was held back is dropped, up to the end of `bytes`.
  public mutating func lines(of bytes: some Collection<UInt8>) throws(EngineProtocolError) -> [[UInt8]] {
    var lines: [[UInt8]] = []
    var rest = bytes[...]
    while let newline = rest.firstIndex(of: UInt8(ascii: "\n")) {
      let length = pending.count + rest.distance(from: rest.startIndex, to: newline)
      guard length <= EngineProtocol.maximumLineLength else { return try overflow() }
      if length > 0 { lines.append(pending + rest[..<newline]) }
      pending.removeAll(keepingCapacity: true)
      rest = rest[rest.index(after: newline)...]
    }
    guard pending.count + rest.count <= EngineProtocol.maximumLineLength else { return try overflow() }
    pending.append(contentsOf: rest)
    return lines
  }

  private mutating func overflow() throws(EngineProtocolError) -> [[UInt8]] {
    pending.removeAll()
    throw .lineTooLong
  }
}

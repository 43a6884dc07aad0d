// SPDX-License-Identifier: Apache-2.0

extension SIPMessage {
  /// Parses one whole message. Control characters become blanks; what follows the body according to Content-Length is
  /// ignored (RFC 3261, 18.3).
  public init(_ bytes: [UInt8]) throws(SIPSyntaxError) {
    guard bytes.count <= Self.maximumLength else {
      throw .tooLong("message", count: bytes.count, limit: Self.maximumLength)
    }
    var lines = Lines(bytes)
    guard let first = lines.next() else { throw bytes.isEmpty ? .empty("message") : .truncated }
    start = try Self.start(first)
    var headers: [Header] = []
    var lengths: Set<String> = []
    while true {
      guard let line = lines.next() else { throw .truncated }
      if line.isEmpty { break }
      let name = line.prefix { $0 != UInt8(ascii: ":") }
      guard name.endIndex < line.endIndex, !name.trimmed.isEmpty, name.trimmed.allSatisfy(\.isTokenCharacter) else {
        throw .header(line.text)
      }
      guard headers.count < Self.maximumHeaders else { throw .tooMany("header fields", limit: Self.maximumHeaders) }
      let header = Header(name.trimmed.text, line[(name.endIndex + 1)...].text)
      if header.name == "Content-Length" { lengths.insert(header.value) } else { headers.append(header) }
    }
    self.headers = headers
    guard let length = lengths.first else {
      body = Array(lines.rest)
      return
    }
    guard lengths.count == 1, let count = ArraySlice(length).number(Int.self), count <= lines.rest.count else {
      throw .contentLength(lengths.sorted().joined(separator: ", "))
    }
    body = Array(lines.rest.prefix(count))
  }

  static func start(_ line: ArraySlice<UInt8>) throws(SIPSyntaxError) -> Start {
    let text = line.text.withoutControls
    let parts = text.utf8.split(separator: UInt8(ascii: " "), maxSplits: 2, omittingEmptySubsequences: false).map(
      \.text)
    guard parts.count >= 2 else { throw .startLine(text) }
    if parts[0].asciiLowercased == "sip/2.0" {
      guard parts[1].utf8.count == 3, let status = ArraySlice(parts[1]).number(Int.self), (100...699).contains(status)
      else { throw .startLine(text) }
      return .response(status: status, phrase: parts.count > 2 ? ArraySlice(parts[2]).trimmed.text : "")
    }
    guard parts.count == 3, ArraySlice(parts[2]).trimmed.text.asciiLowercased == "sip/2.0", !parts[0].isEmpty,
      parts[0].utf8.count <= 64, parts[0].utf8.allSatisfy(\.isTokenCharacter), !parts[1].isEmpty
    else { throw .startLine(text) }
    guard parts[1].utf8.count <= SIPURI.maximumLength else {
      throw .tooLong("Request-URI", count: parts[1].utf8.count, limit: SIPURI.maximumLength)
    }
    return .request(method: parts[0], uri: parts[1])
  }

  /// As it goes on the wire, with its Content-Length.
  public var bytes: [UInt8] {
    var text =
      switch start {
      case .request(let method, let uri): "\(method) \(uri) SIP/2.0".withoutControls + "\r\n"
      case .response(let status, let phrase): "SIP/2.0 \(status) \(phrase)".withoutControls + "\r\n"
      }
    for header in headers where !header.name.isSame(as: "Content-Length") {
      // Names and values can be set without the initializer, and a line ending in one would start another field.
      text += header.name.withoutControls + ": " + header.value.withoutControls + "\r\n"
    }
    text += "Content-Length: \(body.count)\r\n\r\n"
    return Array(text.utf8) + body
  }

  /// The lines of a header, with continued ones joined (RFC 3261, 7.3.1), up to the empty one.
  struct Lines {
    private(set) var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes.drop { $0 == 0x0D || $0 == 0x0A } }
    init(part: ArraySlice<UInt8>) { rest = part }

    /// nil if there are no more line endings.
    mutating func next() -> ArraySlice<UInt8>? {
      guard let line = Self.take(&rest) else { return nil }
      guard !line.isEmpty, rest.first?.isBlank == true else { return line }
      var joined = Array(line.trimmed)
      while rest.first?.isBlank == true {
        guard let more = Self.take(&rest) else { return nil }
        joined.append(0x20)
        joined += more.trimmed
      }
      return joined[...]
    }

    private static func take(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
      guard let end = rest.firstIndex(of: 0x0A) else { return nil }
      var line = rest[..<end]
      rest = rest[(end + 1)...]
      if line.last == 0x0D { line.removeLast() }
      return line
    }
  }
}

// SPDX-License-Identifier: Apache-2.0

/// The parts of a body of the type multipart (RFC 2046, 5.1; RFC 5621).
enum MultipartBody {
  static let maximumParts = 32
  static let maximumDepth = 4

  /// The first session description in it, at any depth.
  static func sessionDescription(in body: ArraySlice<UInt8>, type: ContentType, depth: Int = 0)
    throws(SIPSyntaxError) -> [UInt8]?
  {
    guard depth < maximumDepth else { throw .multipart("its parts are nested more than \(maximumDepth) deep") }
    for part in try parts(of: body, type: type) {
      var lines = SIPMessage.Lines(part: part)
      // A part without an empty line has no body; one without a type is plain text.
      var (contentType, encoding) = ("text/plain", "")
      while let line = lines.next(), !line.isEmpty {
        let name = line.prefix { $0 != UInt8(ascii: ":") }
        guard name.endIndex < line.endIndex else { continue }
        let header = SIPMessage.Header(name.trimmed.text, line[(name.endIndex + 1)...].text)
        if header.name == "Content-Type" { contentType = header.value }
        if header.name.asciiLowercased == "content-transfer-encoding" { encoding = header.value.asciiLowercased }
      }
      guard let type = try? ContentType(contentType), encoding != "base64", encoding != "quoted-printable" else {
        continue
      }
      if type.isSessionDescription { return Array(lines.rest) }
      if type.isMultipart, let found = try sessionDescription(in: lines.rest, type: type, depth: depth + 1) {
        return found
      }
    }
    return nil
  }

  /// The parts between boundary lines, without the line ending before each, which belongs to the boundary.
  private static func parts(of body: ArraySlice<UInt8>, type: ContentType) throws(SIPSyntaxError)
    -> [ArraySlice<UInt8>]
  {
    guard let boundary = type.boundary else { throw .multipart("\(type) has no boundary of 1 to 70 characters") }
    let delimiter = Array("--\(boundary)".utf8)
    var parts: [ArraySlice<UInt8>] = []
    var (start, line): (Int?, Int) = (nil, body.startIndex)
    while line < body.endIndex {
      let end = body[line...].firstIndex(of: 0x0A) ?? body.endIndex
      var text = body[line..<end]
      if text.last == 0x0D { text.removeLast() }
      var rest = text.dropFirst(delimiter.count)
      let closes = rest.starts(with: [UInt8(ascii: "-"), UInt8(ascii: "-")])
      if closes { rest = rest.dropFirst(2) }
      if text.starts(with: delimiter), rest.allSatisfy(\.isBlank) {
        if let start {
          guard parts.count < maximumParts else { throw .tooMany("parts of the body", limit: maximumParts) }
          parts.append(withoutLineEnd(body[start..<max(start, line)]))
        }
        if closes { return parts }
        start = min(end + 1, body.endIndex)
      }
      line = end + 1
    }
    // The end is missing: everything that came belongs to the part.
    if let start, start < body.endIndex, parts.count < maximumParts { parts.append(body[start...]) }
    guard !parts.isEmpty else { throw .multipart("it has no part between “--\(boundary.excerpt)”") }
    return parts
  }

  private static func withoutLineEnd(_ part: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var part = part
    if part.last == 0x0A { part.removeLast() }
    if part.last == 0x0D { part.removeLast() }
    return part
  }
}

extension SIPMessage {
  /// The session description in the body: all of it, or a part; nil if there is no body.
  public func sessionDescription() throws(SIPSyntaxError) -> [UInt8]? {
    try Self.sessionDescription(in: body, contentType: self["Content-Type"])
  }

  /// A body without a type counts as one, because a call has no other bodies.
  public static func sessionDescription(in body: [UInt8], contentType: String?) throws(SIPSyntaxError) -> [UInt8]? {
    guard !body.isEmpty else { return nil }
    guard let contentType else { return body }
    let type = try ContentType(contentType)
    if type.isSessionDescription { return body }
    guard type.isMultipart else { throw .noSessionDescription(contentType) }
    guard let found = try MultipartBody.sessionDescription(in: body[...], type: type) else {
      throw .noSessionDescription(contentType)
    }
    return found
  }
}

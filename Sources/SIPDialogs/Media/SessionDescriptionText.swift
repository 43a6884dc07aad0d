// SPDX-License-Identifier: Apache-2.0

extension SessionDescription: CustomStringConvertible {
  /// Tolerates line endings, order and unknown lines: refuses only what would be misunderstood.
  public init(_ bytes: [UInt8]) throws(NegotiationError) {
    guard bytes.count <= Self.maximumLength else { throw .tooLong(bytes.count) }
    guard !bytes.isEmpty else { throw .missing }
    self.init(origin: "")
    var (isKnown, attributeCount) = (false, 0)
    for line in bytes.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
      guard line.count >= 2, line[line.startIndex + 1] == UInt8(ascii: "=") else { continue }
      let value = ArraySlice(line.dropFirst(2).text.withoutControls).trimmed
      switch line[line.startIndex] {
      case UInt8(ascii: "v"): isKnown = true
      case UInt8(ascii: "o"): origin = value.text
      case UInt8(ascii: "s"): name = value.isEmpty ? "-" : value.text
      case UInt8(ascii: "c"):
        let fields = value.split(whereSeparator: \.isBlank)
        // RFC 8866, 5.7: the parts after a slash are for multicast.
        guard fields.count >= 3, fields[0].text.asciiLowercased == "in", fields[2].first != UInt8(ascii: "/") else {
          continue
        }
        let host = fields[2].prefix { $0 != UInt8(ascii: "/") }.text.asciiLowercased
        let text = fields[1].text.asciiUppercased + " " + host
        if media.isEmpty {
          connection = connection ?? text
        } else {
          media[media.count - 1].connection = media[media.count - 1].connection ?? text
        }
      case UInt8(ascii: "m"):
        isKnown = true
        guard media.count < Self.maximumMedia else { throw .tooMany("media lines", limit: Self.maximumMedia) }
        media.append(try Self.media(value))
      case UInt8(ascii: "a"):
        attributeCount += 1
        guard attributeCount <= Self.maximumAttributes else {
          throw .tooMany("attributes", limit: Self.maximumAttributes)
        }
        let name = value.prefix { $0 != UInt8(ascii: ":") }
        let rest = name.endIndex < value.endIndex ? value[(name.endIndex + 1)...].trimmed.text : nil
        let attribute = Attribute(name.trimmed.text, rest)
        if media.isEmpty { attributes.append(attribute) } else { media[media.count - 1].attributes.append(attribute) }
      default: break
      }
    }
    guard isKnown else { throw .malformed(bytes.prefix { $0 != 0x0A && $0 != 0x0D }.text.withoutControls) }
  }

  private static func media(_ value: ArraySlice<UInt8>) throws(NegotiationError) -> Media {
    let fields = value.split(whereSeparator: \.isBlank)
    // `49170/2` means two ports, of which the first counts.
    guard fields.count >= 3, let port = fields[1].prefix(while: { $0 != UInt8(ascii: "/") }).number(UInt16.self) else {
      throw .malformed("m=\(value.text)")
    }
    guard fields.count - 3 <= maximumFormats else { throw .tooMany("formats", limit: maximumFormats) }
    return Media(
      type: fields[0].text.asciiLowercased, port: port, transport: fields[2].text.asciiUppercased,
      formats: fields.dropFirst(3).map(\.text))
  }

  public var description: String {
    var lines = ["v=0", "o=\(origin)", "s=\(name.isEmpty ? "-" : name)"]
    if let connection { lines.append("c=IN \(connection)") }
    lines.append("t=0 0")
    lines += attributes.map(Self.line)
    for media in media {
      let head = [media.type, "\(media.port)", media.transport] + media.formats
      lines.append("m=" + head.joined(separator: " "))
      if let connection = media.connection { lines.append("c=IN \(connection)") }
      lines += media.attributes.map(Self.line)
    }
    return lines.map { $0.withoutControls + "\r\n" }.joined()
  }

  private static func line(_ attribute: Attribute) -> String {
    "a=" + attribute.name + (attribute.value.map { ":" + $0 } ?? "")
  }
}

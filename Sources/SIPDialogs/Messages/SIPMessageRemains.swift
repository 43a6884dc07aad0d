// SPDX-License-Identifier: Apache-2.0

extension SIPMessage {
  /// What is left of a response that cannot be read whole: enough to acknowledge it, and to end what it has begun. Its
  /// ``problem`` says what is wrong. It throws where there is not even a status.
  public init(response bytes: [UInt8]) throws(SIPSyntaxError) {
    do { self = try SIPMessage(bytes) } catch {
      guard let remains = SIPMessage(remainsOf: bytes, error) else { throw error }
      self = remains
    }
  }

  private init?(remainsOf bytes: [UInt8], _ problem: SIPSyntaxError) {
    var lines = Lines(bytes)
    guard let first = lines.next(), let start = try? Self.start(first), case .response = start else { return nil }
    self.init(start)
    self.problem = problem
    var seen: Set<String> = []
    while let line = lines.next(), !line.isEmpty {
      let name = HeaderName.canonical(line.prefix { $0 != UInt8(ascii: ":") }.trimmed.text)
      // A route lacks no part of it.
      guard name == "Record-Route" || Self.essential.contains(name) && seen.insert(name).inserted else { continue }
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
      headers.append(Header(name, line[(colon + 1)...].text))
    }
  }

  private static let essential: Set<String> = ["Via", "From", "To", "Call-ID", "CSeq", "Contact"]
}

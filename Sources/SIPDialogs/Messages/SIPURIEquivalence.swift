// SPDX-License-Identifier: Apache-2.0

extension SIPURI {
  /// Whether both are equivalent (RFC 3261, 19.1.4).
  public func isEquivalent(to other: SIPURI) -> Bool {
    scheme == other.scheme && Self.same(user, other.user) && Self.same(password, other.password)
      && Self.sameHost(host, other.host) && port == other.port && sameParameters(other) && sameHeaders(other)
  }

  private func sameParameters(_ other: SIPURI) -> Bool {
    let names = Set((parameters + other.parameters).map(\.name))
    return names.allSatisfy { name in
      let (mine, theirs) = (parameters.contains(name), other.parameters.contains(name))
      guard mine && theirs else { return !Self.countsWhenMissing.contains(name) }
      let values = (parameters[name], other.parameters[name])
      return Self.unescaped(values.0 ?? "").asciiLowercased == Self.unescaped(values.1 ?? "").asciiLowercased
    }
  }

  /// These change the route or the meaning of a request: an address with one of them differs from one without.
  private static let countsWhenMissing: Set<String> = ["user", "ttl", "method", "maddr", "transport"]

  private func sameHeaders(_ other: SIPURI) -> Bool {
    func fields(_ text: String?) -> [String] {
      (text ?? "").utf8.split(separator: UInt8(ascii: "&")).map { field in
        let name = field.prefix { $0 != UInt8(ascii: "=") }
        return Self.unescaped(name.text).asciiLowercased + Self.unescaped(field[name.endIndex...].text)
      }.sorted()
    }
    return fields(headers) == fields(other.headers)
  }

  private static func same(_ one: String?, _ other: String?) -> Bool {
    one.map(unescaped) == other.map(unescaped)
  }

  private static func sameHost(_ one: String, _ other: String) -> Bool {
    if let (one, other) = NumericAddress(one).flatMap({ one in NumericAddress(other).map { (one, $0) } }) {
      return one == other
    }
    return one.asciiLowercased == other.asciiLowercased
  }

  /// Resolves unnecessary escapes, and unifies the case of the others' digits.
  private static func unescaped(_ text: String) -> String {
    let bytes = Array(text.utf8)
    var (result, index) = ([UInt8](), 0)
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
        let value = UInt8(bytes[(index + 1)...(index + 2)].text, radix: 16)
      {
        if value.isUnreserved {
          result.append(value)
        } else {
          result += [UInt8(ascii: "%")] + bytes[(index + 1)...(index + 2)].text.asciiLowercased.utf8
        }
        index += 3
      } else {
        result.append(bytes[index])
        index += 1
      }
    }
    return result.text
  }
}

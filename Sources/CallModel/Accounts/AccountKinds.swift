// SPDX-License-Identifier: Apache-2.0

extension OptionKind {
  /// The same, where an empty text is the default.
  var orNothing: Self {
    Self(type, write: write) { [read] value throws(OptionProblem) in value.asString == "" ? nil : try read(value) }
  }
}

extension OptionKind<String> {
  /// An address of record: a user at a host, and nothing more.
  static var accountAddress: Self {
    Self("s", write: BusValue.string) { value throws(OptionProblem) in
      let text = value.asString ?? ""
      try OptionBound.check(text.utf8.count, atMost: 256)
      let uri: CallURI
      do { uri = try CallURI(withSIP: text) } catch { throw OptionProblem("\(error)") }
      guard let address = SIPAddress(uri) else {
        throw OptionProblem("it must begin with sip: or sips:, not with “\(OptionProblem.shown(uri.scheme)):”")
      }
      guard address.user?.isEmpty == false else {
        throw OptionProblem("it has no user; write it like sip:me@example.org")
      }
      guard address.parameters.isEmpty else {
        throw OptionProblem("it has parameters after “;”; remove them (the transport is a setting of its own)")
      }
      return uri.description
    }
  }

  /// A host, with or without `sip:` or `sips:` before it and a port after it.
  static var sipServer: Self {
    Self("s", write: BusValue.string) { value throws(OptionProblem) in
      let text = value.asString ?? ""
      try OptionBound.check(text.utf8.count, atMost: 256)
      let hasScheme = text.lowercased().hasPrefix("sip:") || text.lowercased().hasPrefix("sips:")
      let uri: CallURI
      do { uri = try CallURI(hasScheme ? text : "sip:" + text) } catch { throw OptionProblem("\(error)") }
      guard SIPAddress(uri)?.user == nil else {
        throw OptionProblem("it has a user; write it like sip:proxy.example.org or proxy.example.org:5061")
      }
      return uri.description
    }
  }

  /// `stun.example.org`, `192.0.2.1:3478`, `[2001:db8::1]:3478`.
  static var hostAndPort: Self {
    Self("s", write: BusValue.string) { value throws(OptionProblem) in
      let text = value.asString ?? ""
      try OptionBound.check(text.utf8.count, atMost: 256)
      guard !text.contains(where: { "@/;?<>\" \t".contains($0) }), let uri = try? CallURI("sip:" + text),
        let parts = SIPAddress(uri), parts.user == nil
      else { throw OptionProblem("“\(text)” is not a host; write it like stun.example.org or 192.0.2.1:3478") }
      return text
    }
  }

  /// A line that is kept as it is, also in a file.
  static func exactLine(_ bytes: Int) -> Self {
    Self("s", write: BusValue.string) { value throws(OptionProblem) in
      let (text, line) = (value.asString ?? "", DisplayText(value.asString ?? ""))
      try OptionBound.check(text.utf8.count, atMost: bytes)
      guard line.isVisible, line.description == text else {
        throw OptionProblem("it must be one visible line, without spaces at its ends and without control characters")
      }
      // It would continue the line of the file.
      guard !text.hasSuffix("\\") else { throw OptionProblem("it must not end with “\\”") }
      return text
    }
  }

  static var dialPrefix: Self {
    Self("s", write: BusValue.string) { value throws(OptionProblem) in
      let text = value.asString ?? ""
      guard text.utf8.count <= 16, text.allSatisfy("0123456789*#".contains) else {
        throw OptionProblem("it must be at most 16 of 0-9, “*” and “#”, such as 0")
      }
      return text
    }
  }

  /// A country's calling code (ITU-T E.164), with or without a plus sign.
  static var countryCode: Self {
    Self("s", write: BusValue.string) { value throws(OptionProblem) in
      let text = value.asString ?? ""
      let digits = text.hasPrefix("+") ? text.dropFirst() : text[...]
      guard (1...3).contains(digits.utf8.count), digits.first != "0", digits.allSatisfy("0123456789".contains) else {
        throw OptionProblem("it must be a calling code of 1 to 3 digits, such as 49")
      }
      return String(digits)
    }
  }
}

extension OptionKind<[String]> {
  /// Applications' ids, each once. One empty text is none of them.
  static func applications(_ count: Int) -> Self {
    let strings = strings(count, bytes: 4096)
    return Self("as", write: BusValue.strings) { value throws(OptionProblem) in
      var ids: [String] = []
      for id in try strings.read(value) ?? [] where !id.isEmpty && !ids.contains(id) {
        guard OptionSyntax.isIdentifier(id), id.utf8.count <= 255, id.contains(".") else {
          throw OptionProblem(
            "“\(OptionProblem.shown(id))” is not an application's ID; it must be one such as org.example.App, or "
              + "snap.NAME for a Snap")
        }
        ids.append(id)
      }
      return ids
    }
  }
}

extension CallURI {
  /// `me@example.org` is an address, too.
  package init(withSIP text: String) throws(Invalid) {
    do { try self.init(text) } catch  where error == .noScheme && text.contains("@") { try self.init("sip:" + text) }
  }
}

// SPDX-License-Identifier: GPL-3.0-or-later
#if SIP
  /// The host and the port of a `sip:` or `sips:` address.
  struct SIPHost {
    let host: String
    let port: UInt16
    private let isBracketed: Bool

    init?(of address: String) {
      guard let colon = address.firstIndex(of: ":") else { return nil }
      var rest = address[address.index(after: colon)...].prefix { $0 != ";" }
      if let at = rest.lastIndex(of: "@") { rest = rest[rest.index(after: at)...] }
      if rest.first == "[", let close = rest.firstIndex(of: "]") {
        host = String(rest[rest.index(after: rest.startIndex)..<close])
        rest = rest[rest.index(after: close)...]
        isBracketed = true
      } else {
        host = String(rest.prefix { $0 != ":" })
        rest = rest[rest.index(rest.startIndex, offsetBy: host.count)...]
        isBracketed = false
      }
      port = UInt16(rest.drop { $0 == ":" }) ?? 5060
    }

    /// The host and the port, where the host is a number and needs no DNS.
    var numeric: (host: String, port: UInt16)? { number.map { ($0, port) } }

    /// The host, where it is a number and needs no DNS.
    var number: String? {
      isBracketed || (!host.isEmpty && host.allSatisfy { $0.isNumber || $0 == "." }) ? host : nil
    }
  }
#endif

// SPDX-License-Identifier: GPL-3.0-or-later
#if SIP
  import SIPCore

  /// What a new process needs of a call's dialog: to take it up again by INVITE with Replaces (RFC 3891), or to end it
  /// by BYE where the far end does not let it.
  ///
  /// No CSeq is in it: the requests of liblinphone count from 20, and ``OldDialog`` counts by the clock, far above.
  struct ResumeTicket: Equatable {
    var callID: String
    var localTag: String
    var remoteTag: String
    /// The addresses of From and To.
    var local: String
    var remote: String
    /// Where requests within the dialog go: the far end's Contact.
    var target: String
    /// Where the call was redirected to, and the far end answered; nil is the address that was called.
    var address: String?
    /// The proxies that requests within the dialog go through, the first one first.
    var routes: [String] = []
    var transport: SIPTransport
    var rest = Rest.none

    /// Who had whom on hold.
    enum Rest: String {
      case none = "live"
      case here = "held"
      case there = "parked"
    }

    static let mostRoutes = 4

    init?(
      callID: String, localTag: String, remoteTag: String, local: String, remote: String, target: String,
      address: String? = nil, routes: [String] = [], transport: SIPTransport, rest: Rest = .none
    ) {
      guard [callID, localTag, remoteTag].allSatisfy(Self.isToken), routes.count <= Self.mostRoutes,
        ([local, remote, target, address].compactMap { $0 } + routes).allSatisfy(Self.isAddress)
      else { return nil }
      (self.callID, self.localTag, self.remoteTag) = (callID, localTag, remoteTag)
      (self.local, self.remote, self.target, self.routes) = (local, remote, target, routes)
      (self.address, self.transport, self.rest) = (address, transport, rest)
    }

    /// Reads ``text``.
    init?(_ text: String) {
      let parts = text.split(separator: " ").map(String.init)
      let isRedirected = parts.first == Self.redirectedVersion
      let fixed = isRedirected ? 10 : 9
      guard parts.count >= fixed, isRedirected || parts[0] == Self.version,
        let transport = SIPTransport(rawValue: parts[7]), let rest = Rest(rawValue: parts[8])
      else { return nil }
      self.init(
        callID: parts[1], localTag: parts[2], remoteTag: parts[3], local: parts[4], remote: parts[5],
        target: parts[6], address: isRedirected ? parts[9] : nil, routes: Array(parts[fixed...]), transport: transport,
        rest: rest)
    }

    /// The `resume` value of the engine protocol.
    var text: String {
      let parts = [
        address == nil ? Self.version : Self.redirectedVersion, callID, localTag, remoteTag, local, remote, target,
        transport.rawValue, rest.rawValue,
      ]
      return (parts + [address].compactMap { $0 } + routes).joined(separator: " ")
    }

    /// The header's value, as the far end sees the dialog: its own tag is the to-tag.
    var replaces: String { "\(callID);to-tag=\(remoteTag);from-tag=\(localTag)" }

    private static let version = "dialog-1"
    /// With the address after the rest.
    private static let redirectedVersion = "dialog-2"

    /// Nothing that could end the header or begin another parameter.
    private static func isToken(_ text: String) -> Bool {
      isPrintable(text, atMost: 256)
        && text.utf8.allSatisfy { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: ",") }
    }

    /// A SIP address as it stands between angle brackets. With all of them the text is well below what `resume` may be.
    private static func isAddress(_ text: String) -> Bool {
      let scheme = text.prefix { $0 != ":" }.lowercased()
      return isPrintable(text, atMost: 2048) && (scheme == "sip" || scheme == "sips")
        && text.utf8.allSatisfy { $0 != UInt8(ascii: "<") && $0 != UInt8(ascii: ">") }
    }

    private static func isPrintable(_ text: String, atMost limit: Int) -> Bool {
      !text.isEmpty && text.utf8.count <= limit && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
  }
#endif

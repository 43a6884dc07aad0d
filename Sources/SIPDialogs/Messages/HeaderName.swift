// SPDX-License-Identifier: Apache-2.0

/// The names of header fields, in one canonical spelling.
enum HeaderName {
  /// The registered long name; an unknown name stays as it is.
  static func canonical(_ name: String) -> String { known[name.asciiLowercased] ?? name }

  /// Whether several fields of that name can be combined into one, separated by commas (RFC 3261, 7.3.1).
  static func isList(_ canonical: String) -> Bool { lists.contains(canonical) }

  private static let compact: [(String, String)] = [
    ("a", "Accept-Contact"), ("b", "Referred-By"), ("c", "Content-Type"), ("d", "Request-Disposition"),
    ("e", "Content-Encoding"), ("f", "From"), ("i", "Call-ID"), ("j", "Reject-Contact"), ("k", "Supported"),
    ("l", "Content-Length"), ("m", "Contact"), ("n", "Identity-Info"), ("o", "Event"), ("r", "Refer-To"),
    ("s", "Subject"), ("t", "To"), ("u", "Allow-Events"), ("v", "Via"), ("x", "Session-Expires"), ("y", "Identity"),
  ]

  private static let lists: Set<String> = [
    "Accept", "Accept-Contact", "Accept-Encoding", "Accept-Language", "Alert-Info", "Allow", "Allow-Events",
    "Call-Info", "Contact", "Content-Encoding", "Content-Language", "Diversion", "Error-Info", "History-Info",
    "In-Reply-To", "P-Asserted-Identity", "P-Preferred-Identity", "Path", "Privacy", "Proxy-Require", "Reason",
    "Record-Route", "Reject-Contact", "Request-Disposition", "Require", "Route", "Service-Route", "Supported",
    "Unsupported", "Via", "Warning",
  ]

  private static let others = [
    "Authentication-Info", "Authorization", "CSeq", "Content-Disposition", "Date", "Expires", "MIME-Version",
    "Max-Forwards", "Min-Expires", "Min-SE", "Organization", "Priority", "Proxy-Authenticate", "Proxy-Authorization",
    "RAck", "RSeq", "Refer-Sub", "Replaces", "Reply-To", "Retry-After", "SIP-ETag", "SIP-If-Match", "Server",
    "Subscription-State", "Target-Dialog", "Timestamp", "User-Agent", "WWW-Authenticate",
  ]

  private static let known: [String: String] = {
    var names: [String: String] = [:]
    for (short, long) in compact { (names[short], names[long.asciiLowercased]) = (long, long) }
    for name in Array(lists) + others { names[name.asciiLowercased] = name }
    return names
  }()
}

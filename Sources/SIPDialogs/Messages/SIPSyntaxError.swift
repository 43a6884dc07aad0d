// SPDX-License-Identifier: Apache-2.0

/// What is wrong with a text that should be SIP.
public enum SIPSyntaxError: Error, Sendable, Equatable, CustomStringConvertible {
  case empty(String)
  case tooLong(String, count: Int, limit: Int)
  case tooMany(String, limit: Int)
  case character(String, code: UInt8)
  /// The scheme is not sip or sips; empty if it is missing.
  case scheme(String)
  case user(String)
  case host(String)
  case port(String)
  case escape(String)
  case parameter(String)
  case address(String)
  case startLine(String)
  case header(String)
  case via(String)
  case contentType(String)
  case truncated
  case contentLength(String)
  case multipart(String)
  case noSessionDescription(String)

  public var description: String {
    switch self {
    case .empty(let what): "the \(what) is empty"
    case .tooLong(let what, let count, let limit): "the \(what) is \(count) bytes long; at most \(limit) are allowed"
    case .tooMany(let what, let limit): "too many \(what); at most \(limit) are allowed"
    case .character(let what, let code):
      "the \(what) has a character of the code \(code) in it, which is not allowed there; percent-encode it"
    case .scheme(let scheme):
      scheme.isEmpty
        ? "the address has no scheme; write it like sip:someone@example.org"
        : "the address's scheme “\(scheme.excerpt)” is neither sip nor sips, and no other can be called"
    case .user(let user):
      "the address's user “\(user.excerpt)” is empty or malformed; it is what stands before the @"
    case .host(let host):
      "the address's host “\(host.excerpt)” is not a name, an IPv4 address, or an IPv6 address in brackets"
    case .port(let port): "the address's port “\(port.excerpt)” is not a number from 1 to 65535"
    case .escape(let text):
      "the address has “\(text.excerpt)”; a percent sign must be followed by two hexadecimal digits"
    case .parameter(let text): "“\(text.excerpt)” is not a parameter; expected name or name=value"
    case .address(let text):
      "“\(text.excerpt)” is not an address; it is written as sip:user@host or \"Name\" <sip:user@host>"
    case .startLine(let line):
      "“\(line.excerpt)” is neither a request line nor a status line of SIP/2.0"
    case .header(let line): "“\(line.excerpt)” is not a header field; expected Name: value"
    case .via(let text): "“\(text.excerpt)” is not a Via; expected SIP/2.0/UDP host:port;branch=…"
    case .contentType(let text): "“\(text.excerpt)” is not a content type; expected type/subtype"
    case .truncated: "the message ends within its header fields; expected an empty line"
    case .contentLength(let text):
      "the message's Content-Length “\(text.excerpt)” does not fit to the bytes that came"
    case .multipart(let text): "the multipart body is malformed: \(text)"
    case .noSessionDescription(let type):
      "the body has the type “\(type.excerpt)”; expected application/sdp"
    }
  }
}

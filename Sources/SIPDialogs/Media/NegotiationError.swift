// SPDX-License-Identifier: Apache-2.0

/// Why two ends could not agree upon a stream.
public enum NegotiationError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The body is not a session description, and contains none.
  case body(SIPSyntaxError)
  case missing
  case malformed(String)
  case tooLong(Int)
  case tooMany(String, limit: Int)
  case unreadable(SIPSyntaxError)
  /// The proxies on the route do not fit into a ticket for a successor.
  case route(proxies: Int, limit: Int)
  /// RFC 3264, 6: an answer has the same media lines as the offer.
  case mediaLines(expected: Int, found: Int)
  case mediaType(String)
  /// No sound is possible: none is offered, or its port is 0.
  case noAudio
  /// The answer has port 0.
  case rejected
  case transport(String)
  /// The far end's codecs, none of which this end supports.
  case codecs([String])
  case address(String)
  case unencrypted
  case keys(String)
  /// An answer came without an offer.
  case noOffer
  /// An offer came while this end's own offer was unanswered.
  case offerPending

  public var description: String {
    switch self {
    case .body(let error), .unreadable(let error): error.description
    case .missing: "the message has no session description"
    case .malformed(let line): "“\(line.excerpt)” is not a line of a session description (RFC 8866)"
    case .tooLong(let count):
      "the session description is \(count) bytes long; at most \(SessionDescription.maximumLength) are allowed"
    case .tooMany(let what, let limit):
      "the session description has too many \(what); at most \(limit) are allowed"
    case .route(let proxies, let limit):
      "the way to it leads through \(proxies) proxies, or through some with long addresses; at most \(limit) are supported"
    case .mediaLines(let expected, let found):
      "the answer has \(found) media lines; expected the offer's \(expected), in their order"
    case .mediaType(let type): "the answer says “\(type.excerpt)” where audio was offered"
    case .noAudio: "the far end offers no sound; expected an audio media line with a port"
    case .rejected: "the far end accepts no sound: its port is 0"
    case .transport(let name):
      "the far end's media use “\(name.excerpt)”; expected RTP/AVP or RTP/SAVP, with or without F, or UDP/TLS/RTP/SAVP"
    case .codecs(let names):
      "there is no common codec; the far end has " + (names.isEmpty ? "no other" : names.joined(separator: ", "))
    case .address(let text):
      "the far end's media address “\(text.excerpt)” in its c= line is not a numeric unicast address"
    case .unencrypted: "the far end's media are not encrypted, but encryption is required"
    case .keys(let text): "the far end's keys are unusable: \(text)"
    case .noOffer: "an answer came without an offer"
    case .offerPending: "an offer came while this end's own offer waits for its answer; try again later"
    }
  }

  /// The status of the response to a request with such an offer.
  public var status: Int {
    switch self {
    case .body(.noSessionDescription), .body(.contentType): 415
    case .body, .malformed, .tooLong, .tooMany: 400
    case .offerPending: 491
    default: 488
    }
  }

  /// Whether the far end may accept other encryption.
  var isOfEncryption: Bool {
    switch self {
    case .rejected, .transport, .unencrypted, .keys: true
    default: false
    }
  }

  var phrase: String {
    switch status {
    case 400: "Bad Request"
    case 415: "Unsupported Media Type"
    case 491: "Request Pending"
    default: "Not Acceptable Here"
    }
  }
}

// SPDX-License-Identifier: Apache-2.0

/// The parts of SDP (RFC 8866) that matter for a call; other lines are ignored.
public struct SessionDescription: Sendable, Equatable {
  /// In bytes.
  public static let maximumLength = 65_536
  public static let maximumMedia = 32
  public static let maximumAttributes = 1024
  public static let maximumFormats = 128

  public struct Attribute: Sendable, Equatable {
    public var name: String
    /// nil if there is no colon.
    public var value: String?

    public init(_ name: String, _ value: String? = nil) { (self.name, self.value) = (name, value) }
  }

  public struct Media: Sendable, Equatable {
    /// `audio`, `video` and so on.
    public var type: String
    /// 0: refused, or no longer wanted.
    public var port: UInt16
    public var transport: String
    public var formats: [String]
    /// What c= says after `IN`: type and address.
    public var connection: String?
    public var attributes: [Attribute]

    public init(
      type: String, port: UInt16, transport: String, formats: [String], connection: String? = nil,
      attributes: [Attribute] = []
    ) {
      (self.type, self.port, self.transport, self.formats) = (type, port, transport, formats)
      (self.connection, self.attributes) = (connection, attributes)
    }

    public func has(_ name: String) -> Bool { attributes.contains { $0.name == name } }
    /// The first of that name.
    public subscript(name: String) -> String? { attributes.first { $0.name == name }?.value }
    public func all(_ name: String) -> [String] { attributes.compactMap { $0.name == name ? $0.value : nil } }
  }

  /// What follows `o=`.
  public var origin: String
  public var name: String
  public var connection: String?
  public var attributes: [Attribute]
  public var media: [Media]

  public init(
    origin: String, name: String = "-", connection: String? = nil, attributes: [Attribute] = [], media: [Media] = []
  ) {
    (self.origin, self.name, self.connection) = (origin, name, connection)
    (self.attributes, self.media) = (attributes, media)
  }

  /// The direction that the writer wants: from the media line, else from the session, else both ways.
  public func direction(of media: Media) -> MediaPlan.Direction {
    func said(_ attributes: [Attribute]) -> MediaPlan.Direction? {
      attributes.lazy.compactMap { MediaPlan.Direction(rawValue: $0.name.asciiLowercased) }.first
    }
    return said(media.attributes) ?? said(attributes) ?? .sendrecv
  }

  /// The address at which the writer wants it: a numeric unicast address. Nothing can be sent to `0.0.0.0` and `::`
  /// (RFC 3264, 8.4).
  public func address(of media: Media) throws(NegotiationError) -> NumericAddress {
    let text = media.connection ?? connection ?? ""
    let fields = ArraySlice(text).split(whereSeparator: \.isBlank)
    guard fields.count >= 2, let address = NumericAddress(fields[1].text), address.isUnicast,
      address.isIPv6 == (fields[0].text.asciiLowercased == "ip6")
    else { throw .address(text) }
    return address
  }
}

// SPDX-License-Identifier: Apache-2.0

/// A request or a response (RFC 3261, 7).
public struct SIPMessage: Sendable, Equatable {
  /// In bytes, of all together.
  public static let maximumLength = 65_536
  public static let maximumHeaders = 256

  public enum Start: Sendable, Equatable {
    case request(method: String, uri: String)
    case response(status: Int, phrase: String)
  }

  public struct Header: Sendable, Equatable, Codable {
    /// The long name, as it is registered.
    public var name: String
    /// One line, without control characters and blanks around it.
    public var value: String

    public init(_ name: String, _ value: String) {
      self.name = HeaderName.canonical(name)
      self.value = ArraySlice(value.withoutControls).trimmed.text
    }
  }

  public var start: Start
  /// Without Content-Length, which follows from ``body``.
  public var headers: [Header]
  public var body: [UInt8]
  /// Why it is not whole; nil if it is.
  public internal(set) var problem: SIPSyntaxError?

  public init(_ start: Start, headers: [Header] = [], body: [UInt8] = []) {
    (self.start, self.headers, self.body) = (start, headers, body)
  }

  public init(method: String, uri: String, headers: [Header] = [], body: [UInt8] = []) {
    self.init(.request(method: method, uri: uri), headers: headers, body: body)
  }

  public init(status: Int, phrase: String, headers: [Header] = [], body: [UInt8] = []) {
    self.init(.response(status: status, phrase: phrase), headers: headers, body: body)
  }

  /// The first with that name, in any case, long or compact. Setting it replaces all of that name; nil removes them.
  public subscript(name: String) -> String? {
    get {
      let name = HeaderName.canonical(name)
      return headers.first { $0.name.isSame(as: name) }?.value
    }
    set {
      let name = HeaderName.canonical(name)
      let index = headers.firstIndex { $0.name.isSame(as: name) }
      headers.removeAll { $0.name.isSame(as: name) }
      guard let newValue else { return }
      headers.insert(Header(name, newValue), at: index ?? headers.endIndex)
    }
  }

  /// All values of that name, in order; for a field that may be a list, its elements.
  public func all(_ name: String) -> [String] {
    let canonical = HeaderName.canonical(name)
    let fields = headers.lazy.filter { $0.name.isSame(as: canonical) }.map(\.value)
    guard HeaderName.isList(canonical) else { return Array(fields) }
    return fields.flatMap { field in
      ArraySlice(field).split(at: UInt8(ascii: ","), brackets: true).map { $0.trimmed.text }.filter { !$0.isEmpty }
    }
  }

  public mutating func add(_ name: String, _ value: String) { headers.append(Header(name, value)) }

  /// Puts it first, like a proxy or a client does with its Via.
  public mutating func prepend(_ name: String, _ value: String) { headers.insert(Header(name, value), at: 0) }

  public mutating func remove(_ name: String) { self[name] = nil }
}

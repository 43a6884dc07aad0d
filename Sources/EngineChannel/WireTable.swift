// SPDX-License-Identifier: Apache-2.0
internal import CallModel

/// A row of a table of lines: a type of line, its keys, and what it stands for.
struct WireKind<Value: Sendable>: Sendable {
  let name: String
  /// The keys that it may have.
  let keys: [String]
  let read: @Sendable (WireFields) throws(EngineProtocolError) -> Value
  /// What writes the keys of a value; nil where the value is of another kind.
  let writer: @Sendable (Value) -> WireWriter?
  /// Only an engine with this capability is told.
  private(set) var capability: EngineDescriptor.Capability?
}

typealias WireWriter = (inout KeyedEncodingContainer<WireKey>) throws -> Void

extension WireKind {
  private init(
    _ name: String, keys: [String], read: @escaping @Sendable (WireFields) throws(EngineProtocolError) -> Value,
    writer: @escaping @Sendable (Value) -> WireWriter?
  ) {
    (self.name, self.keys, self.read, self.writer) = (name, keys, read, writer)
  }

  /// Without keys.
  init(_ name: String, _ value: Value) where Value: Equatable {
    self.init(
      name, keys: [], read: { _ in value },
      writer: { other in
        guard other == value else { return nil }
        return { _ in }
      })
  }

  /// With one key, which must be there.
  init<Part: Codable & Sendable>(
    _ name: String, _ key: String, _ value: @escaping @Sendable (Part) -> Value,
    _ check: @escaping WireCheck<Part> = { part, _ in part }, _ part: @escaping @Sendable (Value) -> Part?
  ) {
    self.init(
      name, keys: [key],
      read: { fields throws(EngineProtocolError) in value(try check(fields.required(key), key)) },
      writer: { value in
        guard let part = part(value) else { return nil }
        return { try $0.encode(part, forKey: WireKey(key)) }
      })
  }

  /// With the keys of a body.
  init<Body: WireBody>(
    _ name: String, _ value: @escaping @Sendable (Body) -> Value, _ body: @escaping @Sendable (Value) -> Body?
  ) {
    self.init(
      name, keys: Body.fields.map(\.key),
      read: { fields throws(EngineProtocolError) in
        var body = Body.blank
        for field in Body.fields { try field.read(fields, &body) }
        return value(body)
      },
      writer: { value in
        guard let body = body(value) else { return nil }
        return { line in for field in Body.fields { try field.write(body, &line) } }
      })
  }

  func needs(_ capability: EngineDescriptor.Capability) -> Self {
    var kind = self
    kind.capability = capability
    return kind
  }
}

/// The keys of one type of line.
protocol WireBody: Sendable {
  /// What the keys that are there are put into.
  static var blank: Self { get }
  static var fields: [WireField<Self>] { get }
}

/// A row of a body's table: a key, and where its value is.
struct WireField<Body: Sendable>: Sendable {
  let key: String
  let read: @Sendable (WireFields, inout Body) throws(EngineProtocolError) -> Void
  let write: @Sendable (Body, inout KeyedEncodingContainer<WireKey>) throws -> Void
}

/// Returns the value of a key as it is to be taken, or says what is wrong with it.
typealias WireCheck<Value> = @Sendable (Value, String) throws(EngineProtocolError) -> Value

extension WireField {
  static func required<Value: Codable & Sendable>(
    _ key: String, _ path: any WritableKeyPath<Body, Value> & Sendable,
    _ check: @escaping WireCheck<Value> = { value, _ in value }
  ) -> Self {
    Self(
      key: key,
      read: { fields, body throws(EngineProtocolError) in
        body[keyPath: path] = try check(fields.required(key), key)
      },
      write: { try $1.encode($0[keyPath: path], forKey: WireKey(key)) })
  }

  static func optional<Value: Codable & Sendable>(
    _ key: String, _ path: any WritableKeyPath<Body, Value?> & Sendable,
    _ check: @escaping WireCheck<Value> = { value, _ in value }
  ) -> Self {
    Self(
      key: key,
      read: { fields, body throws(EngineProtocolError) in
        guard let value: Value = try fields.optional(key) else { return }
        body[keyPath: path] = try check(value, key)
      },
      write: { try $1.encodeIfPresent($0[keyPath: path], forKey: WireKey(key)) })
  }

  /// One whose default is what the blank body has.
  ///
  /// - Parameter isWritten: whether a value is; nil is always.
  static func defaulted<Value: Codable & Sendable>(
    _ key: String, _ path: any WritableKeyPath<Body, Value> & Sendable, if isWritten: (@Sendable (Value) -> Bool)? = nil
  ) -> Self {
    Self(
      key: key,
      read: { fields, body throws(EngineProtocolError) in
        if let value: Value = try fields.optional(key) { body[keyPath: path] = value }
      },
      write: { body, line in
        let value = body[keyPath: path]
        if isWritten?(value) ?? true { try line.encode(value, forKey: WireKey(key)) }
      })
  }

  /// Text for people, which is cut where it is too long; "" where it is missing.
  static func text(_ key: String, _ path: any WritableKeyPath<Body, String> & Sendable) -> Self {
    Self(
      key: key,
      read: { fields, body throws(EngineProtocolError) in body[keyPath: path] = cut(try fields.optional(key) ?? "") },
      write: { try $1.encode(cut($0[keyPath: path]), forKey: WireKey(key)) })
  }

  /// A name, and the further keys that go with it.
  static func oneOf<Value: Sendable>(
    _ key: String, _ path: any WritableKeyPath<Body, Value> & Sendable, _ kinds: [WireKind<Value>]
  ) -> Self {
    Self(
      key: key,
      read: { fields, body throws(EngineProtocolError) in
        let name: String = try fields.required(key)
        guard let kind = kinds.first(where: { $0.name == name }) else {
          throw .badValue(key: key, value: cut(name))
        }
        body[keyPath: path] = try kind.read(fields)
      },
      write: { body, line in
        for kind in kinds {
          guard let writer = kind.writer(body[keyPath: path]) else { continue }
          try line.encode(kind.name, forKey: WireKey(key))
          return try writer(&line)
        }
      })
  }
}

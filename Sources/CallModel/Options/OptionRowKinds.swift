// SPDX-License-Identifier: Apache-2.0

// The three kinds of rows. A path leads to the property of `Options` that has the value.

extension OptionRow {
  package typealias Path<Value> = any WritableKeyPath<Options, Value> & Sendable

  /// A property that is nil where the option is left open.
  ///
  /// - Parameters:
  ///   - tool: the control tool's name for it, where that is not the same after “--”.
  ///   - record: its name in a record, where that is not the same in camel case; an empty one is none.
  package static func optional<Value: Codable>(
    _ name: String, _ kind: OptionKind<Value>, _ path: Path<Value?>, sandbox: SandboxRule,
    unfit: [CallKind: String] = [:], tool: String? = nil, record: String? = nil
  ) -> OptionRow {
    OptionRow(
      name: name, type: kind.type, toolName: tool ?? "--" + name, unfit: unfit, sandbox: sandbox, configuration: nil,
      read: { value, options throws(OptionProblem) in options[keyPath: path] = try kind.read(value) },
      write: { $0[keyPath: path].map(kind.write) },
      record: .of(record ?? camelCase(name)) {
        $0[keyPath: path]
      } set: {
        $0[keyPath: path] = $1
      })
  }

  /// A property that always has a value. One that is as in new options is left open.
  package static func plain<Value: Codable & Equatable>(
    _ name: String, _ kind: OptionKind<Value>, _ path: Path<Value>, usual: Value, sandbox: SandboxRule,
    unfit: [CallKind: String] = [:], tool: String? = nil, record: String? = nil
  ) -> OptionRow {
    OptionRow(
      name: name, type: kind.type, toolName: tool ?? "--" + name, unfit: unfit, sandbox: sandbox, configuration: nil,
      read: { value, options throws(OptionProblem) in options[keyPath: path] = try kind.read(value) ?? usual },
      write: { $0[keyPath: path] == usual ? nil : kind.write($0[keyPath: path]) },
      record: .of(record ?? camelCase(name)) {
        $0[keyPath: path]
      } set: {
        $0[keyPath: path] = $1
      })
  }

  /// A property that is a ``Choice``.
  ///
  /// - Parameter configuration: the key of `ongoingcalld.conf` that says what it is where it is left open.
  package static func choice<Value: Codable & Equatable>(
    _ name: String, _ kind: OptionKind<Value>, _ path: Path<Choice<Value>>, configuration: String? = nil,
    sandbox: SandboxRule, unfit: [CallKind: String] = [:], tool: String? = nil, record: String? = nil
  ) -> OptionRow {
    OptionRow(
      name: name, type: kind.type, toolName: tool ?? "--" + name, unfit: unfit, sandbox: sandbox,
      configuration: configuration.flatMap { ConfigurationKey($0, kind.notation, path) },
      read: { value, options throws(OptionProblem) in options[keyPath: path].given = try kind.read(value) },
      write: { $0[keyPath: path].given.map(kind.write) },
      record: .of(record ?? camelCase(name)) {
        $0[keyPath: path].wrappedValue
      } set: {
        $0[keyPath: path].given = $1
      })
  }

  /// A descriptor, which is in no record.
  package static func descriptor(
    _ name: String, _ path: Path<BusDescriptor?>, sandbox: SandboxRule, tool: String
  ) -> OptionRow {
    let kind = OptionKind<BusDescriptor>.descriptor
    return OptionRow(
      name: name, type: kind.type, toolName: tool, unfit: [:], sandbox: sandbox, configuration: nil,
      read: { value, options throws(OptionProblem) in options[keyPath: path] = try kind.read(value) },
      write: { $0[keyPath: path].map(kind.write) }, record: nil)
  }

  /// As a property is called: “launchTimeout” of “launch-timeout”.
  private static func camelCase(_ name: String) -> String {
    let words = name.split(separator: "-")
    return words.dropFirst().reduce(String(words[0])) { $0 + $1.prefix(1).uppercased() + $1.dropFirst() }
  }
}

extension ConfigurationKey {
  fileprivate init?<Value>(
    _ name: String, _ notation: OptionNotation<Value>?, _ path: any WritableKeyPath<Options, Choice<Value>> & Sendable
  ) {
    guard let notation else { return nil }
    self.init(name: name, expected: notation.expected) { options, text in
      let value = notation.read(text)
      guard value != nil || text.isEmpty else { return false }
      options[keyPath: path].given = value
      return true
    } fill: { options, others in
      options[keyPath: path].given = options[keyPath: path].given ?? others[keyPath: path].given
    }
  }
}

extension OptionRecord {
  fileprivate static func of<Value: Codable & SendableMetatype>(
    _ name: String, get: @escaping @Sendable (Options) -> Value?,
    set: @escaping @Sendable (inout Options, Value) -> Void
  ) -> OptionRecord? {
    guard !name.isEmpty else { return nil }
    let key = RecordKey(name)
    return OptionRecord { options, container in
      try container.encodeIfPresent(get(options), forKey: key)
    } read: { options, container in
      if let value = try container.decodeIfPresent(Value.self, forKey: key) { set(&options, value) }
    }
  }
}

// SPDX-License-Identifier: Apache-2.0

/// The interfaces in a D-Bus introspection XML: as much of XML as these documents have.
struct Introspection {
  struct Interface {
    var name: String
    /// A line for each member: its kind, name, arguments (direction, type, name) and annotations.
    var members: Set<String> = []
    var propertyTypes: [String: String] = [:]
  }

  private(set) var interfaces: [Interface] = []
  private var member: (tag: String, line: String)?

  init(_ xml: String) {
    var rest = Self.withoutComments(xml)[...]
    while let start = rest.firstIndex(of: "<"), let end = rest[start...].firstIndex(of: ">") {
      take(rest[rest.index(after: start)..<end])
      rest = rest[rest.index(after: end)...]
    }
  }

  private static func withoutComments(_ xml: String) -> String {
    var result = ""
    var rest = xml[...]
    while let start = rest.firstRange(of: "<!--") {
      result += rest[..<start.lowerBound]
      rest = rest[start.upperBound...]
      rest = rest.firstRange(of: "-->").map { rest[$0.upperBound...] } ?? ""
    }
    return result + rest
  }

  private mutating func take(_ tag: Substring) {
    let name = tag.prefix { !$0.isWhitespace && $0 != "/" }
    let isClosed = tag.hasSuffix("/")
    guard !name.isEmpty else {
      // An end tag.
      if let member, tag.dropFirst() == member.tag { finish() }
      return
    }
    let values = Self.attributes(tag)
    func value(_ key: String) -> String { values[key] ?? "" }
    switch name {
    case "interface": interfaces.append(Interface(name: value("name")))
    case "method", "signal", "property":
      member = (String(name), "\(name) \(value("name")) \(value("type")) \(value("access"))")
      if name == "property", !interfaces.isEmpty {
        interfaces[interfaces.count - 1].propertyTypes[value("name")] = value("type")
      }
      if isClosed { finish() }
    case "arg":
      // A signal's arguments may leave out that they go out.
      let direction = values["direction"] ?? "out"
      member?.line += " | \(direction) \(value("type")) \(value("name"))"
    case "annotation":
      // The default may be left out.
      guard value("value") != "true" else { return }
      member?.line += " | \(value("name"))=\(value("value"))"
    default: break
    }
  }

  private mutating func finish() {
    if let member, !interfaces.isEmpty { interfaces[interfaces.count - 1].members.insert(member.line) }
    member = nil
  }

  private static func attributes(_ tag: Substring) -> [String: String] {
    var values: [String: String] = [:]
    var parts = tag.split(separator: "\"", omittingEmptySubsequences: false)[...]
    while parts.count >= 2, let key = parts.popFirst(), let value = parts.popFirst() {
      let name = key.split(whereSeparator: { $0.isWhitespace || $0 == "=" }).last ?? ""
      values[String(name)] = String(value)
    }
    return values
  }
}

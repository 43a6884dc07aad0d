// SPDX-License-Identifier: Apache-2.0

/// A D-Bus introspection XML: its members, and what the comments before them define.
///
/// A comment defines names in lists. A list is the lines that follow a line with a colon at its end, and are indented
/// further than it; each begins with the name that it defines. What goes on with an item is indented further still.
///
///     Where in its life the session is:
///       launching  the call is being placed
///       joined     the call is up, or
///                  was
package struct InterfaceDocument {
  package struct Interface {
    package let name: String
    package fileprivate(set) var members: [Member] = []

    /// A line for each member.
    package var lines: Set<String> { Set(members.map(\.line)) }
    package func members(_ kinds: String...) -> [Member] { members.filter { kinds.contains($0.kind) } }
    package subscript(member: String) -> Member? { members.first { $0.name == member } }
  }

  package struct Member {
    /// `method`, `signal` or `property`.
    package let kind: String
    package let name: String
    /// Of a property.
    package let type: String
    /// Its kind, name, arguments (direction, type, name) and annotations.
    package fileprivate(set) var line: String
    /// The lists of the comment before it.
    package let lists: [DefinitionList]
  }

  package private(set) var interfaces: [Interface] = []
  /// The lists of the comments before the first interface.
  package private(set) var lists: [DefinitionList] = []

  private var comment: [DefinitionList] = []

  package init(_ xml: String) {
    var rest = xml[...]
    while let start = rest.firstIndex(of: "<") {
      rest = rest[start...]
      let isComment = rest.hasPrefix("<!--")
      guard let end = rest.firstRange(of: isComment ? "-->" : ">") else { return }
      let inner = rest[rest.index(start, offsetBy: isComment ? 4 : 1)..<end.lowerBound]
      if isComment { take(comment: inner) } else { take(tag: inner) }
      rest = rest[end.upperBound...]
    }
  }

  package subscript(interface: String) -> Interface? { interfaces.first { $0.name == interface } }

  private mutating func take(comment text: Substring) {
    comment = DefinitionList.all(in: text)
    if interfaces.isEmpty { lists += comment }
  }

  private mutating func take(tag: Substring) {
    let name = tag.prefix { !$0.isWhitespace && $0 != "/" }
    let values = Self.attributes(tag)
    switch name {
    case "interface": interfaces.append(Interface(name: values["name"] ?? ""))
    case "method", "signal", "property":
      let member = Member(
        kind: String(name), name: values["name"] ?? "", type: values["type"] ?? "",
        line: "\(name) \(values["name"] ?? "") \(values["type"] ?? "") \(values["access"] ?? "")", lists: comment)
      if !interfaces.isEmpty { interfaces[interfaces.count - 1].members.append(member) }
    case "arg":
      // A signal's arguments may leave out that they go out.
      add("\(values["direction"] ?? "out") \(values["type"] ?? "") \(values["name"] ?? "")")
    case "annotation":
      // The default may be left out.
      if values["value"] != "true" { add("\(values["name"] ?? "")=\(values["value"] ?? "")") }
    default: return
    }
    comment = []
  }

  private mutating func add(_ text: String) {
    guard let last = interfaces.last, !last.members.isEmpty else { return }
    interfaces[interfaces.count - 1].members[last.members.count - 1].line += " | " + text
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

/// Names that a comment defines, in order.
package struct DefinitionList {
  package struct Item {
    package let name: String
    /// The word after the name: the type, in a list of keys.
    package let type: String
  }

  package private(set) var items: [Item] = []
  package var names: [String] { items.map(\.name) }
  /// Each name with its type.
  package var types: [String: String] { Dictionary(items.map { ($0.name, $0.type) }) { first, _ in first } }

  static func all(in comment: Substring) -> [DefinitionList] {
    let lines = comment.split(separator: "\n", omittingEmptySubsequences: false)
    return lines.indices.compactMap { index in
      guard lines[index].hasSuffix(":") else { return nil }
      let list = DefinitionList(lines[(index + 1)...], below: indentation(lines[index]))
      return list.items.isEmpty ? nil : list
    }
  }

  private init(_ lines: ArraySlice<Substring>, below heading: Int) {
    guard let first = lines.first, Self.indentation(first) > heading else { return }
    for line in lines {
      let depth = Self.indentation(line)
      guard depth > heading else { return }
      guard depth == Self.indentation(first) else { continue }
      let words = line.split(separator: " ", maxSplits: 2)
      items.append(Item(name: String(words[0]), type: words.count > 1 ? String(words[1]) : ""))
    }
  }

  /// Of an empty line none.
  private static func indentation(_ line: Substring) -> Int {
    line.contains { $0 != " " } ? line.prefix { $0 == " " }.count : -1
  }
}

extension [DefinitionList] {
  /// The names of the list that defines this one; nil where none does.
  package func list(with name: String) -> DefinitionList? { first { $0.names.contains(name) } }
}

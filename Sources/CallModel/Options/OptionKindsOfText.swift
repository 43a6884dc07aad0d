// SPDX-License-Identifier: Apache-2.0

extension OptionKind<String> {
  /// Any text.
  static func text(_ bytes: ClosedRange<Int>) -> Self {
    Self("s", write: BusValue.string) { value throws(OptionProblem) in
      guard let text = value.asString else { return nil }
      guard !text.isEmpty || bytes.contains(0) else { throw OptionProblem("it is empty") }
      try OptionBound.check(text.utf8.count, atMost: bytes.upperBound)
      return text
    }
  }

  /// A line for people; one that shows nothing is none.
  static func line(_ bytes: Int) -> Self {
    Self("s", write: BusValue.string) { value throws(OptionProblem) in
      let line = DisplayText(value.asString ?? "")
      try OptionBound.check(line.description.utf8.count, atMost: bytes)
      return line.isVisible ? line.description : nil
    }
  }

  /// Letters, digits, “-”, “.” and “_”.
  static func identifier(_ bytes: ClosedRange<Int>) -> Self {
    let text = text(bytes)
    return Self("s", write: BusValue.string) { value throws(OptionProblem) in
      guard let id = try text.read(value) else { return nil }
      guard id.isEmpty || OptionSyntax.isIdentifier(id) else {
        throw OptionProblem("it may contain only letters, digits, “-”, “.” and “_”")
      }
      return id
    }
  }

  /// An identifier that nobody takes for an option, a file or a session's id.
  static func callName(_ bytes: Int) -> Self {
    let identifier = identifier(1...bytes)
    return Self("s", write: BusValue.string) { value throws(OptionProblem) in
      guard let name = try identifier.read(value) else { return nil }
      guard name.first != "-", name.first != "." else { throw OptionProblem("it must not begin with “-” or “.”") }
      // The control tool takes ids in capitals, too.
      guard SessionID(name.lowercased()) == nil else {
        throw OptionProblem("it looks like a call's ID; give it more or fewer than \(SessionID.length) characters")
      }
      return name
    }
  }

  /// What can be called (``CallTarget``), as it is written.
  static var callTarget: Self {
    Self("s", write: BusValue.string) { value throws(OptionProblem) in
      let text = value.asString ?? ""
      do { _ = try CallTarget(text) } catch { throw OptionProblem("\(error)") }
      return text
    }
  }

  /// The name of a theme's icon, or the absolute path of an image.
  static func icon(name: Int, path: Int) -> Self {
    let identifier = identifier(0...name)
    return Self("s", write: BusValue.string) { value throws(OptionProblem) in
      guard let icon = value.asString, !icon.isEmpty else { return nil }
      guard icon.contains("/") else { return try identifier.read(value) }
      try OptionBound.check(icon.utf8.count, atMost: path)
      guard icon.hasPrefix("/") else {
        let shown = DisplayText(String(icon.prefix(256)))
        throw OptionProblem("“\(shown)” is neither an absolute path nor an icon name")
      }
      return icon
    }
  }

  /// `class` or `class.specific` (Desktop Notifications Specification, "Categories").
  static func category(_ bytes: Int) -> Self {
    Self("s", write: BusValue.string) { value throws(OptionProblem) in
      guard let category = value.asString, !category.isEmpty else { return nil }
      try OptionBound.check(category.utf8.count, atMost: bytes)
      let parts = category.split(separator: ".", omittingEmptySubsequences: false)
      guard parts.allSatisfy({ !$0.isEmpty && OptionSyntax.isKey($0) }) else {
        let shown = OptionProblem.shown(category)
        throw OptionProblem("“\(shown)” is not a category; write it like “call” or “x-app.call”")
      }
      return category
    }
  }
}

extension OptionKind where Value: RawRepresentable<String> & CaseIterable {
  /// One of a few words.
  static var word: Self {
    Self("s") {
      .string($0.rawValue)
    } read: { value throws(OptionProblem) in
      let word = value.asString ?? ""
      guard let choice = Value(rawValue: word) else {
        let known = Value.allCases.map(\.rawValue).joined(separator: ", ")
        throw OptionProblem("“\(OptionProblem.shown(word))” is not one of \(known)")
      }
      return choice
    }
  }
}

extension OptionKind<ReturnTarget.Application> {
  /// The name of an application on the bus, and the path of its object.
  static var application: Self {
    Self("(so)") {
      .structure([.string($0.name), .objectPath($0.path)])
    } read: { value throws(OptionProblem) in
      guard let name = value.asStructure?.first?.asString, let path = value.asStructure?.last?.asObjectPath else {
        return nil
      }
      return ReturnTarget.Application(name: name, path: path)
    }
  }
}

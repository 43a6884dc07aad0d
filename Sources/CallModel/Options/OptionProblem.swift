// SPDX-License-Identifier: Apache-2.0

/// What is wrong with an option, of a launch, a notification or anything else that has rows.
package struct OptionProblem: Error, Equatable, CustomStringConvertible {
  /// The option's name on D-Bus; in a dictionary that is an option's value, after that option's name and a dot. Empty as
  /// long as only the value is known.
  package var option: String
  /// What is wrong, and what to do: the end of a sentence.
  package var text: String

  package init(_ option: String, _ text: String) { (self.option, self.text) = (option, text) }

  /// Of a value, wherever it is given.
  init(_ text: String) { self.init("", text) }

  /// The same, inside of the option `parent`.
  package func inside(_ parent: String?) -> OptionProblem {
    guard let parent else { return self }
    return OptionProblem(option.isEmpty ? parent : "\(parent).\(option)", text)
  }

  package var description: String { "\(Self.named(option)): \(text)" }

  /// An option as texts begin with it.
  package static func named(_ option: String) -> String { "option “\(shown(option))”" }

  /// As much of a text from outside as fits into an error.
  package static func shown(_ text: String) -> String { DisplayText(String(text.prefix(64))).description }

  /// A text that begins with an option, with another name for it.
  ///
  /// - Parameter rename: the other name of an option; nil where it has none.
  package static func renaming(_ text: String, _ rename: (String) -> String?) -> String {
    let start = "option “"
    guard text.hasPrefix(start), let end = text.firstIndex(of: "”") else { return text }
    guard let name = rename(String(text[..<end].dropFirst(start.count))) else { return text }
    return name + text[end...].dropFirst()
  }
}

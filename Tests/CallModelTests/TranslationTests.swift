// SPDX-License-Identifier: Apache-2.0
import CallModel
import Testing

/// What notifications and the window say in the code, and what translators are given.
struct TranslationTests {
  private static let folder = "packaging/po/"

  /// A file of translations (gettext's PO format), as far as these have it.
  private struct Catalog {
    /// msgstr by msgid, without the header.
    var texts: [String: String] = [:]
    var ids: [String] = []

    init(_ name: String) throws {
      var (id, text): (String?, String?) = (nil, nil)
      func value(_ line: String) -> String { String(line.drop { $0 != "\"" }.dropFirst().dropLast()) }
      for line in try SourceFile(folder + name).lines + [""] {
        if line.hasPrefix("msgid ") {
          id = value(line)
        } else if line.hasPrefix("msgstr ") {
          text = value(line)
        } else if line.hasPrefix("\"") {
          if text == nil { id? += value(line) } else { text? += value(line) }
        } else if line.isEmpty, let whole = id, let translation = text {
          if !whole.isEmpty { ids.append(whole) }
          if !whole.isEmpty { texts[whole] = translation }
          (id, text) = (nil, nil)
        }
      }
    }
  }

  /// The texts that the code looks translations up by.
  private static func phrases(in file: String) throws -> [String] {
    // The text may be on the next line.
    let lines = try SourceFile(file).lines.map { $0.drop { $0 == " " } }
    let text = lines.joined(separator: "\n").replacing("(\n\"", with: "(\"")
    return ["translate(\"", "fill(\""].flatMap { call in
      text.split(separator: call, omittingEmptySubsequences: false).dropFirst().map { rest in
        String(rest.prefix { $0 != "\"" })
      }
    }
  }

  /// Those that the description of the window has.
  private static func describedPhrases() throws -> Set<String> {
    let lines = try SourceFile("Sources/ongoingcall-window/window.ui").lines
    let marked = lines.compactMap { $0.split(separator: "translatable=\"yes\">").dropFirst().first }
    return Set(marked.map { String($0.prefix { $0 != "<" }) })
  }

  private static func languages() throws -> [String] {
    try SourceFile(folder + "LINGUAS").lines.filter { !$0.isEmpty && !$0.hasPrefix("#") }
  }

  @Test func translatorsAreGivenWhatTheCodeSays() throws {
    let template = try Catalog("ongoingcall.pot")
    let described = try Self.describedPhrases()
    #expect(described.count >= 10)
    var phrases = described.union(EndReason.allCases.map(\.sentence))
    for file in ["CallNotification/Phrases.swift", "CallWindow/WindowPhrases.swift"] {
      let all = try Self.phrases(in: "Sources/" + file)
      #expect(all.count >= 18)
      #expect(Set(all).count == all.count)
      phrases.formUnion(all)
    }
    #expect(phrases.subtracting(template.ids).sorted() == [], "these are missing in ongoingcall.pot")
    #expect(Set(template.ids).subtracting(phrases).sorted() == [], "these are in ongoingcall.pot, and nowhere else")
    #expect(Set(template.ids).count == template.ids.count)
    #expect(template.texts.allSatisfy { $0.value.isEmpty })
  }

  @Test func everyTranslationIsComplete() throws {
    let languages = try Self.languages()
    #expect(languages.contains("de"))
    let ids = try Catalog("ongoingcall.pot").ids
    for language in languages {
      let catalog = try Catalog(language + ".po")
      #expect(catalog.ids == ids, "\(language)")
      for (id, text) in catalog.texts {
        #expect(!text.isEmpty, "\(language): “\(id)”")
        #expect(
          text.split(separator: "%s", omittingEmptySubsequences: false).count
            == id.split(separator: "%s", omittingEmptySubsequences: false).count, "\(language): “\(id)”")
        #expect(!text.contains("\\"), "\(language): “\(id)”")
      }
      #expect(try !SourceFile(Self.folder + language + ".po").lines.contains { $0.hasPrefix("#, fuzzy") })
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
import Testing

/// What notifications say in the code, and what translators are given.
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
  private static func phrases() throws -> [String] {
    let lines = try SourceFile("Sources/CallNotification/Phrases.swift").lines
    return lines.flatMap { line in
      ["translate(\"", "fill(\""].flatMap { call in
        line.split(separator: call, omittingEmptySubsequences: false).dropFirst().map { rest in
          String(rest.prefix { $0 != "\"" })
        }
      }
    }
  }

  private static func languages() throws -> [String] {
    try SourceFile(folder + "LINGUAS").lines.filter { !$0.isEmpty && !$0.hasPrefix("#") }
  }

  @Test func translatorsAreGivenWhatTheCodeSays() throws {
    let (phrases, template) = (try Self.phrases(), try Catalog("ongoingcall.pot"))
    #expect(phrases.count >= 18)
    #expect(Set(phrases).count == phrases.count)
    #expect(Set(phrases).subtracting(template.ids).sorted() == [], "these are missing in ongoingcall.pot")
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

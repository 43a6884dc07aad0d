// SPDX-License-Identifier: Apache-2.0
import OngoingCallTestSupport
import Testing

/// `Sources/README.md` shows every target and folder, no target imports what it does not allow, and a name means one
/// thing.
@Suite struct MapTests {
  let rows: [[String]]

  init() throws {
    rows = try ProjectFiles.text("Sources/README.md").split(separator: "\n").filter { $0.hasPrefix("| `") }
      .map { $0.split(separator: "|").map { String($0.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) } }
  }

  /// The names in back quotes.
  private func names(_ cell: String) -> [String] {
    cell.split(separator: "`", omittingEmptySubsequences: false).enumerated().filter { $0.offset % 2 == 1 }
      .map { String($0.element) }
  }

  private static let files = ProjectFiles.names(in: "Sources")
  private static let everybodys: Set = ["Glibc", "Synchronization", "FoundationEssentials"]

  @Test func everyFolderIsOnIt() {
    let mapped = Set(rows.flatMap { names($0[0]) })
    let folders = Set(Self.files.map { $0.split(separator: "/").dropFirst().dropLast().joined(separator: "/") })
    for folder in folders where !folder.hasSuffix("/include") {
      #expect(mapped.contains(folder), "\(folder) is missing in Sources/README.md")
    }
    let programs = rows.prefix { names($0[0]) != ["CallModel"] }.flatMap { names($0[0]) }
    for name in mapped.subtracting(programs) {
      #expect(folders.contains { "\($0)/".hasPrefix("\(name)/") } || Self.isMap(name), "there is no \(name)")
    }
  }

  /// A module map has no sources.
  private static func isMap(_ target: String) -> Bool {
    !ProjectFiles.names(in: "Sources/\(target)", endingIn: ["module.modulemap"]).isEmpty
  }

  @Test func nothingIsImportedThatItDoesNotAllow() throws {
    let targets = rows.filter { $0.count == 3 && !$0[2].contains("`") && !names($0[0])[0].contains("/") }
    #expect(targets.count >= 20)
    for row in targets {
      let allowed = Set(row[2].split(separator: ",").map { String($0.drop { $0 == " " }) }).union(Self.everybodys)
      for target in names(row[0]) {
        for file in Self.files where file.hasPrefix("Sources/\(target)/") && file.hasSuffix(".swift") {
          for module in try Self.imports(file) {
            #expect(allowed.contains(module), "\(file) imports \(module), which Sources/README.md does not allow")
          }
        }
      }
    }
  }

  private static func imports(_ file: String) throws -> [String] {
    try ProjectFiles.text(file).split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ")
      guard let index = words.firstIndex(of: "import"), index <= 2, !line.contains("//") else { return nil }
      return words.last.map { String($0.prefix { $0 != "." }) }
    }
  }

  // MARK: Names

  /// Two targets still have them.
  private static let namesOfTwo: Set<Substring> = ["BusValue", "EventFeed", "LaunchOptions"]

  @Test func noTwoTargetsHaveTypesOfTheSameName() throws {
    var targets: [Substring: [String: String]] = [:]
    for file in Self.files where file.hasSuffix(".swift") {
      let target = String(file.split(separator: "/")[1])
      for name in Self.types(try ProjectFiles.text(file)) { targets[name, default: [:]][target] = file }
    }
    #expect(targets.count > 300)
    for (name, files) in targets where files.count > 1 && !Self.namesOfTwo.contains(name) {
      Issue.record("\(name) is in \(files.values.sorted().joined(separator: " and in "))")
    }
  }

  /// The types of a file that others in its target see: not those in another, and no private ones.
  private static func types(_ text: String) -> [Substring] {
    var indentation = ""
    return text.split(separator: "\n").compactMap { line in
      if line.hasPrefix("#") { indentation = line.hasPrefix("#if") ? "  " : "" }
      guard line.hasPrefix(indentation), line.dropFirst(indentation.count).first != " " else { return nil }
      let words = line.split { " :<({".contains($0) }
      let kinds: Set<Substring> = ["struct", "class", "enum", "actor", "protocol", "typealias"]
      guard let kind = words.firstIndex(where: kinds.contains), words.indices.contains(kind + 1),
        words[..<kind].allSatisfy({ $0.hasPrefix("@") || modifiers.contains($0) })
      else { return nil }
      return words[kind + 1]
    }
  }

  private static let modifiers: Set<Substring> = [
    "public", "package", "internal", "final", "nonisolated", "indirect", "open",
  ]
}

// SPDX-License-Identifier: Apache-2.0
import OngoingCallTestSupport
import Testing

/// `Sources/README.md` shows every target and folder, and names only files that exist; no target imports or links what
/// it does not allow, and a name means one thing.
@Suite struct MapTests {
  let page: String
  let rows: [[String]]

  init() throws {
    page = try ProjectFiles.text("Sources/README.md")
    rows = page.split(separator: "\n").filter { $0.hasPrefix("| `") }
      .map { $0.split(separator: "|").map { String($0.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) } }
  }

  /// The names in back quotes.
  private func names(_ cell: String) -> [String] {
    cell.split(separator: "`", omittingEmptySubsequences: false).enumerated().filter { $0.offset % 2 == 1 }
      .map { String($0.element) }
  }

  private static let files = ProjectFiles.names(in: "Sources", endingIn: [".swift", ".c", ".h", ".md"])
  private static let everybodys: Set = ["Glibc", "Synchronization", "FoundationEssentials"]

  @Test func everyFolderIsOnIt() {
    let mapped = Set(rows.flatMap { names($0[0]) })
    let folders = Set(Self.files.map { $0.split(separator: "/").dropFirst().dropLast().joined(separator: "/") })
    for folder in folders where !folder.isEmpty && !folder.hasSuffix("/include") {
      #expect(mapped.contains(folder), "\(folder) is missing in Sources/README.md")
    }
    let programs = rows.prefix { names($0[0]) != ["CallModel"] }
    #expect(programs.count == 7)
    for name in mapped.subtracting(programs.flatMap { names($0[0]) }).union(programs.flatMap { names($0[2]) }) {
      #expect(folders.contains { "\($0)/".hasPrefix("\(name)/") } || Self.isMap(name), "there is no \(name)")
    }
  }

  /// A module map has no sources.
  private static func isMap(_ target: String) -> Bool {
    !ProjectFiles.names(in: "Sources/\(target)", endingIn: ["module.modulemap"]).isEmpty
  }

  // MARK: Files

  private static let endings = [".swift", ".c", ".h", ".md", ".xml", ".py", ".in", ".conf", ".1", ".5", ".7"]

  /// A path is one of the project or of `Sources`, or the end of exactly one.
  @Test func everyFileThatItNamesExists() {
    let all = ["Sources", "Tests", "packaging", "systemd"].flatMap {
      ProjectFiles.names(in: $0, endingIn: Self.endings)
    }
    let tests = Set(all.filter { $0.hasPrefix("Tests/") }.compactMap { $0.split(separator: "/").last })
    let quoted = names(page)
    let paths = quoted.filter { name in Self.endings.contains { name.hasSuffix($0) } && !name.contains(" ") }
    #expect(paths.count > 100)
    for path in paths where !all.contains(path) && !all.contains("Sources/\(path)") {
      let found = all.filter { $0.hasSuffix("/\(path)") }
      let isAbove = !path.contains("/") && (try? ProjectFiles.bytes(path)) != nil
      #expect(found.count == 1 || isAbove, "\(path): \(found.count) files have this name")
    }
    for suite in quoted where suite.hasSuffix("Tests") && !suite.contains("/") {
      #expect(tests.contains("\(suite).swift"), "there is no \(suite)")
    }
  }

  // MARK: Targets

  private struct Target {
    let name: String
    let allowed: Set<String>
    /// It may not import what all others may.
    let isPure: Bool
  }

  private var targets: [Target] {
    rows.filter { $0.count == 3 && !$0[2].contains("`") && !names($0[0])[0].contains("/") }.flatMap { row in
      names(row[0]).map { name in
        let allowed = row[2].split(separator: ",").map { String($0.drop { $0 == " " }) }
        return Target(name: name, allowed: Set(allowed), isPure: row[1].contains("does no I/O"))
      }
    }
  }

  @Test func nothingIsImportedThatItDoesNotAllow() throws {
    #expect(targets.count >= 25)
    #expect(targets.filter(\.isPure).count == 7)
    for target in targets {
      let allowed = target.isPure ? target.allowed : target.allowed.union(Self.everybodys)
      for file in Self.files where file.hasPrefix("Sources/\(target.name)/") && file.hasSuffix(".swift") {
        for module in try Self.imports(file) {
          #expect(allowed.contains(module), "\(file) imports \(module), which Sources/README.md does not allow")
        }
      }
    }
  }

  private static func imports(_ file: String) throws -> [String] {
    try ProjectFiles.text(file).split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ").prefix { !$0.hasPrefix("//") }
      guard let index = words.firstIndex(of: "import"), index <= 2 else { return nil }
      return words.last.map { String($0.prefix { $0 != "." }) }
    }
  }

  /// What the manifest links is what the row allows, neither more nor less.
  @Test func everyTargetDependsOnWhatItAllows() throws {
    let manifest = try ProjectFiles.text("Package.swift").filter { !$0.isWhitespace }
    for target in targets {
      let start = manifest.ranges(of: "arget(name:\"\(target.name)\",dependencies:[").first
      // After each opening quote; a product has its package behind it.
      let list = start.map { manifest[$0.upperBound...].prefix { $0 != "]" } } ?? ""
      let quoted = list.split(separator: "\"", omittingEmptySubsequences: false)
      let linked = quoted.indices.filter { $0 % 2 == 1 && !quoted[$0 - 1].hasSuffix("package:") }
        .map { String(quoted[$0]) }
      #expect(Set(linked) == target.allowed.subtracting(Self.everybodys), "\(target.name)")
    }
  }

  /// The window is what anybody could write.
  @Test func theWindowHasOnlyWhatIsPublic() throws {
    let manifest = try ProjectFiles.text("Package.swift").filter { !$0.isWhitespace }
    for name in ["CallWindow", "ongoingcall-window"] {
      let start = try #require(manifest.ranges(of: "arget(name:\"\(name)\",").first)
      let end = try #require(manifest[start.upperBound...].ranges(of: "swiftSettings:").first)
      #expect(manifest[start.upperBound..<end.lowerBound].contains("packageAccess:false"), "\(name)")
      let allowed = try #require(targets.first { $0.name == name }).allowed
      #expect(allowed.isSubset(of: ["CWindow", "CallWindow", "OngoingCall"]), "\(name)")
    }
  }

  // MARK: Names

  @Test func noTwoTargetsHaveTypesOfTheSameName() throws {
    var targets: [Substring: [String: String]] = [:]
    for file in Self.files where file.hasSuffix(".swift") {
      let target = String(file.split(separator: "/")[1])
      for name in Self.types(try ProjectFiles.text(file)) { targets[name, default: [:]][target] = file }
    }
    #expect(targets.count > 300)
    for (name, files) in targets where files.count > 1 {
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

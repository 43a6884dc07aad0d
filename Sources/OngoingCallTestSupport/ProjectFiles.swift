// SPDX-License-Identifier: Apache-2.0
internal import FoundationEssentials

/// The project's own files, for tests that hold them to a rule.
package enum ProjectFiles {
  package struct NotReadable: Error {
    package let path: String
    package init(path: String) { self.path = path }
  }

  /// This file is `Sources/OngoingCallTestSupport/ProjectFiles.swift`.
  private static let root = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" }

  /// The absolute path of something in the project.
  package static func path(_ path: String) -> String { "\(root)/\(path)" }

  /// The files in a folder of the project and in the folders below it, by their paths in the project.
  package static func names(in folder: String, endingIn endings: [String] = [".swift", ".c", ".h"]) -> [String] {
    let names = (try? FileManager.default.subpathsOfDirectory(atPath: path(folder))) ?? []
    return names.filter { name in endings.contains { name.hasSuffix($0) } }.map { "\(folder)/\($0)" }.sorted()
  }

  package static func bytes(_ path: String) throws -> [UInt8] {
    guard let data = FileManager.default.contents(atPath: self.path(path)) else { throw NotReadable(path: path) }
    return [UInt8](data)
  }

  package static func text(_ path: String) throws -> String { String(decoding: try bytes(path), as: UTF8.self) }
}

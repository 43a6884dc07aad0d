// SPDX-License-Identifier: Apache-2.0
import LinuxFiles
import Systemd

/// A question about a path, asked before the path is used.
enum FileQuestion: Codable, Hashable, Sendable {
  case isExecutable(String)
  case isDirectory(String)
  /// The size of a readable file.
  case size(String)
  /// Where a program is: `name` itself, or a file in one of the folders of `path`.
  case program(name: String, path: String)

  /// Looks at the file system, which may take any time.
  func look() -> FileFact {
    switch self {
    case .isExecutable(let path): Files.isExecutable(path) ? .yes : .no
    case .isDirectory(let path): Files.isDirectory(path) ? .yes : .no
    case .size(let path): Files.size(ofReadable: path).map(FileFact.size) ?? .no
    case .program(let name, let path): Files.program(name, path: path).map(FileFact.path) ?? .no
    }
  }
}

enum FileFact: Codable, Equatable, Sendable {
  case no
  case yes
  case size(Int)
  case path(String)
}

/// What is known about files while options are checked.
///
/// Checking does not wait, but looking at files does. So options are checked twice. The first time, everything is
/// assumed to be in order, and the questions are noted. Then all questions are answered, and the options are checked
/// again. If a folder does not answer, its files are assumed to be in order, too: whoever uses them will report the
/// problem.
final class FileFacts {
  private let known: [FileQuestion: FileFact]
  private(set) var questions: [FileQuestion] = []
  /// Why the facts are only assumed.
  let trouble: FileTrouble?

  init(_ known: [FileQuestion: FileFact] = [:], trouble: FileTrouble? = nil) {
    (self.known, self.trouble) = (known, trouble)
  }

  /// Answers the questions that `check` asks.
  @EventLoopActor
  static func asked(by check: (FileFacts) throws -> Void) async -> FileFacts {
    let first = FileFacts()
    // The second check finds the same errors again, along with earlier errors about files.
    try? check(first)
    return await first.looked()
  }

  /// Answers the questions that were noted here.
  @EventLoopActor
  func looked() async -> FileFacts {
    guard !questions.isEmpty else { return self }
    let (asked, folder) = (questions, questions[0].folder)
    do throws(FileTrouble) {
      let facts: [FileFact] = try await FileWorker.shared.ask(.look(asked), about: folder, within: Wait.look)
      return FileFacts(Dictionary(zip(asked, facts)) { first, _ in first })
    } catch { return FileFacts(trouble: error) }
  }

  private func fact(_ question: FileQuestion) -> FileFact {
    if let fact = known[question] { return fact }
    questions.append(question)
    return question.ifUnknown
  }

  func isExecutable(_ path: String) -> Bool { fact(.isExecutable(path)) != .no }
  func isDirectory(_ path: String) -> Bool { fact(.isDirectory(path)) != .no }

  func size(ofReadable path: String) -> Int? {
    if case .size(let size) = fact(.size(path)) { size } else { nil }
  }

  func program(_ name: String, path: String) -> String? {
    if case .path(let path) = fact(.program(name: name, path: path)) { path } else { nil }
  }
}

extension FileQuestion {
  fileprivate var ifUnknown: FileFact {
    switch self {
    case .isExecutable, .isDirectory: .yes
    case .size: .size(0)
    // Where the file would be on most machines.
    case .program(let name, _): .path(name.hasPrefix("/") ? name : "/usr/bin/\(name)")
    }
  }

  /// For people, if it does not answer.
  fileprivate var folder: String {
    switch self {
    case .isExecutable(let path), .isDirectory(let path), .size(let path): path
    case .program(let name, let path): name.contains("/") ? name : path
    }
  }
}

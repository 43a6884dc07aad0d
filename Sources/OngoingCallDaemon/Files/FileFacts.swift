// SPDX-License-Identifier: Apache-2.0
import LinuxFiles
import Systemd

/// Something that is asked of a path before it is used.
enum FileQuestion: Codable, Hashable, Sendable {
  case isExecutable(String)
  case isDirectory(String)
  /// The size of a file that can be read.
  case size(String)
  /// Where a program is: `name` itself, or in one of the folders of `path`.
  case program(name: String, path: String)

  /// Looks, which may take as long as the file system wants.
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

/// What is known of files while options are checked.
///
/// Checking does not wait, and looking does. So options are checked twice: first without any facts, when everything is
/// taken to be as it should and what was asked is noted; then, after all of it was looked at, with the answers.
/// What a folder that does not answer leaves unknown is taken to be as it should, too: whoever uses it will say so.
final class FileFacts {
  private let known: [FileQuestion: FileFact]
  private(set) var questions: [FileQuestion] = []
  /// Why the facts are no more than assumed.
  let trouble: FileTrouble?

  init(_ known: [FileQuestion: FileFact] = [:], trouble: FileTrouble? = nil) {
    (self.known, self.trouble) = (known, trouble)
  }

  /// What `check` asks, answered.
  @EventLoopActor
  static func asked(by check: (FileFacts) throws -> Void) async -> FileFacts {
    let first = FileFacts()
    // What is wrong is found again, with what is wrong with files before it.
    try? check(first)
    return await first.looked()
  }

  /// The answers to what was asked of this.
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
    // Where it would be on most machines.
    case .program(let name, _): .path(name.hasPrefix("/") ? name : "/usr/bin/\(name)")
    }
  }

  /// For people, where it does not answer.
  fileprivate var folder: String {
    switch self {
    case .isExecutable(let path), .isDirectory(let path), .size(let path): path
    case .program(let name, let path): name.contains("/") ? name : path
    }
  }
}

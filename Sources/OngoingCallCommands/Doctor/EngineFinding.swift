// SPDX-License-Identifier: Apache-2.0
import CallModel
import FoundationEssentials

/// The engines' descriptors, those of the folder that comes first before.
struct EngineFinding: Equatable, Sendable {
  struct File: Equatable, Sendable {
    var path: String
    var content: Content

    enum Content: Equatable, Sendable {
      /// - programProblem: why its program cannot be run.
      case engine(EngineDescriptor, programProblem: String?)
      case spoiled(String)
    }

    /// By convention that of the engine.
    fileprivate var name: String {
      let last = path.split(separator: "/").last ?? ""
      return String(last.split(separator: ".").first ?? last)
    }
  }

  var files: [File]
  /// The folders that were looked into.
  var folders: [String]

  /// Of a descriptor's bytes; nil is that they cannot be read.
  static func content(_ bytes: [UInt8]?, programProblem: (String) -> String?) -> File.Content {
    guard let bytes else { return .spoiled("it is unreadable or too large") }
    guard let engine = try? JSONDecoder().decode(EngineDescriptor.self, from: Data(bytes)) else {
      return .spoiled("it is not a descriptor in JSON")
    }
    if let problem = engine.problem { return .spoiled(problem) }
    return .engine(engine, programProblem: engine.command.first.flatMap(programProblem))
  }

  /// Those that the daemon takes: of two with a name the first.
  private var taken: [(engine: EngineDescriptor, path: String, programProblem: String?)] {
    var names: Set<String> = []
    return files.compactMap { file in
      guard case .engine(let engine, let problem) = file.content, names.insert(engine.name).inserted else { return nil }
      return (engine, file.path, problem)
    }
  }

  /// That can be run.
  var engines: [EngineDescriptor] { taken.filter { $0.programProblem == nil }.map(\.engine) }

  var verdict: Verdict {
    if let broken = taken.first(where: { $0.programProblem != nil }) {
      return .problem(
        "cannot run “\(shown(broken.engine.command[0]))”, the program of the engine \(broken.engine.name): "
          + shown(broken.programProblem ?? ""),
        remedy: "\(Self.remedy(for: broken.engine)); or remove \(shown(broken.path))")
    }
    for file in files {
      guard case .spoiled(let why) = file.content else { continue }
      let found = "\(shown(file.path)) is ignored: \(why)"
      let remedy = "fix it, or remove it"
      // Where another folder has the engine, that one is taken.
      return taken.contains { $0.engine.name == file.name }
        ? .warning(found, remedy: remedy) : .problem(found, remedy: remedy)
    }
    guard !taken.isEmpty else {
      return .problem(
        "no engine in \(shown(folders.joined(separator: ", ")))", remedy: InstallationRemedy.again)
    }
    return .ok(taken.map(\.engine.name).sorted().joined(separator: ", "))
  }

  private static func remedy(for engine: EngineDescriptor) -> String {
    engine.schemes.contains("sip") ? InstallationRemedy.sip : InstallationRemedy.again
  }

  var callsSIP: Bool { taken.contains { $0.engine.schemes.contains("sip") && $0.programProblem == nil } }

  var sipVerdict: Verdict {
    guard let sip = taken.first(where: { $0.engine.schemes.contains("sip") }) else {
      return .warning(
        "not installed: launch can run programs, but cannot call addresses",
        remedy: InstallationRemedy.sip)
    }
    if let problem = sip.programProblem {
      return .problem("cannot run “\(shown(sip.engine.command[0]))”: \(shown(problem))", remedy: InstallationRemedy.sip)
    }
    return .ok("\(sip.engine.name): \(shown(sip.engine.command[0]))")
  }
}

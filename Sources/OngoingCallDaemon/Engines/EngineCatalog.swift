// SPDX-License-Identifier: Apache-2.0
import CallModel
import FoundationEssentials
import LinuxFiles
import Logging

/// The installed engines, read from their descriptors in the XDG data directories, the user's own first.
struct EngineCatalog {
  var directories: [String]
  var logger: Logger

  static func standardDirectories() -> [String] { BaseDirectories().data.map { "\($0)/\(DataPath.engines)" } }

  /// By name. If two engines have the same name, the one in the first directory counts.
  func engines() -> [EngineDescriptor] {
    var found: [String: EngineDescriptor] = [:]
    for directory in directories {
      for name in Files.names(in: directory) where name.hasSuffix(DataPath.engineFileSuffix) {
        guard let descriptor = read("\(directory)/\(name)"), found[descriptor.name] == nil else { continue }
        found[descriptor.name] = descriptor
      }
    }
    return found.values.sorted { $0.name < $1.name }
  }

  /// nil if the files are the same as in `known`.
  func files(unlessAs known: [FileStamp]?) -> EngineFiles? {
    let now = directories.flatMap { directory in Files.names(in: directory).map { FileStamp("\(directory)/\($0)") } }
    return now == known ? nil : EngineFiles(stamps: now, engines: engines())
  }

  private func read(_ path: String) -> EngineDescriptor? {
    guard let contents = Files.read(path) else {
      logger.warning("cannot read the engine descriptor \(DisplayText(path))")
      return nil
    }
    do {
      let descriptor = try JSONDecoder().decode(EngineDescriptor.self, from: Data(contents))
      if let problem = descriptor.problem {
        logger.warning("the engine descriptor \(DisplayText(path)) is ignored: \(problem)")
        return nil
      }
      return descriptor
    } catch {
      logger.warning("the engine descriptor \(DisplayText(path)) is ignored: it is not a descriptor in JSON")
      return nil
    }
  }
}

/// Descriptors as last read, and the stamps of their files.
struct EngineFiles: Codable, Equatable, Sendable {
  var stamps: [FileStamp]
  var engines: [EngineDescriptor]
}

/// The engines to choose from, by name.
struct EngineList: Equatable, Sendable {
  var all: [EngineDescriptor]
  /// A folder that does not answer, and that may have further engines.
  var silent: String?

  func engine(named name: String) throws(CallRefusal) -> EngineDescriptor {
    guard let engine = all.first(where: { $0.name == name }) else {
      throw .engineNotFound(
        "there is no engine “\(DisplayText(String(name.prefix(64))))”; installed: \(Self.list(all.map(\.name)))\(doubt)"
      )
    }
    return engine
  }

  func engine(forScheme scheme: String) throws(CallRefusal) -> EngineDescriptor {
    guard let engine = all.first(where: { $0.schemes.contains(scheme) }) else {
      throw .engineNotFound(
        "no engine handles “\(scheme):” addresses; installed engines handle "
          + Self.list(all.flatMap(\.schemes).map { $0 + ":" }) + doubt
          + (["sip", "sips"].contains(scheme) ? "; \(InstallationRemedy.sip)" : ""))
    }
    return engine
  }

  private var doubt: String { silent.map { "; the folder \(DisplayText($0)) does not answer" } ?? "" }

  private static func list(_ names: [String]) -> String {
    names.isEmpty ? "none" : names.sorted().joined(separator: ", ")
  }
}

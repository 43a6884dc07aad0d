// SPDX-License-Identifier: Apache-2.0
import CallModel
import LinuxFiles
import Logging

/// Where configuration files are looked for, the user's own first.
///
/// Of the main file (`ongoingcalld.conf`) the first is read. Then come the drop-ins (`ongoingcalld.conf.d/*.conf`) of
/// all directories in the order of their names; of two with the same name, the one in the directory that comes first.
/// What is assigned later wins.
struct ConfigurationDirectories: Codable, Sendable {
  var paths: [String]

  static func standard() -> ConfigurationDirectories {
    let directories = BaseDirectories()
    return ConfigurationDirectories(paths: directories.configuration + directories.data)
  }

  /// Never fails: what cannot be used is left out and told to `logger`, with its file and line.
  func load(_ logger: Logger) -> Configuration {
    var configuration = Configuration()
    var told = 0
    for path in files() {
      for problem in configuration.read(path) {
        told += 1
        if told <= Limit.configurationProblems { tell(logger, path, problem) }
      }
    }
    if told > Limit.configurationProblems {
      logger.warning("\(told - Limit.configurationProblems) more problems of the configuration are not shown")
    }
    return configuration
  }

  private func files() -> [String] {
    let main = paths.map { "\($0)/\(DataPath.configuration)" }
    var dropIns: [String: String] = [:]
    for directory in main.reversed().map({ $0 + ".d" }) {
      for name in Files.names(in: directory) where name.hasSuffix(DataPath.configurationSuffix) {
        dropIns[name] = "\(directory)/\(name)"
      }
    }
    let sorted = dropIns.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map(\.value)
    return (main.first(where: Files.exists).map { [$0] } ?? []) + sorted.prefix(Limit.configurationFiles)
  }

  private func tell(_ logger: Logger, _ path: String, _ problem: ConfigurationFile.Problem) {
    let path = DisplayText(path).description
    let place = problem.line > 0 ? "\(path):\(problem.line)" : path
    var fields: Logger.Metadata = [JournalField.configurationFile: "\(path)"]
    if problem.line > 0 { fields[JournalField.configurationLine] = "\(problem.line)" }
    logger.warning("\(place): \(problem.text); ignored", metadata: fields)
  }
}

extension Configuration {
  /// Takes over what a file assigns, and returns what is wrong with it.
  fileprivate mutating func read(_ path: String) -> [ConfigurationFile.Problem] {
    let contents: [UInt8]
    do { contents = try Files.readRegular(path, limit: Limit.configurationBytes) } catch {
      return [.init(line: 0, text: "\(error)")]
    }
    let file = ConfigurationFile(contents)
    var problems = file.problems
    for assignment in file.assignments {
      do throws(ConfigurationFile.Problem) { try set(assignment) } catch { problems.append(error) }
    }
    return problems.sorted { $0.line < $1.line }
  }
}

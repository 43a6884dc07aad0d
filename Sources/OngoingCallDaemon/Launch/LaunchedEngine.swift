// SPDX-License-Identifier: Apache-2.0
import CallModel
import EngineChannel
import LinuxFiles
import Systemd

// MARK: - The engine that carries the call, and what it runs

extension LaunchOptions {
  func engine(
    for address: String, _ engines: EngineList, _ files: FileFacts
  ) throws(CallRefusal) -> EngineDescriptor {
    let scheme = (try? CallURI(address))?.scheme ?? ""
    guard let name = request.engine else { return try checked(engines.engine(forScheme: scheme), files) }
    let engine = try engines.engine(named: name)
    guard engine.schemes.contains(scheme) else {
      throw .invalidOption(LaunchOption.engine, "the engine “\(engine.name)” does not call “\(scheme):” addresses")
    }
    return try checked(engine, files)
  }

  func commandSpec(
    _ command: [String], _ engines: EngineList, _ files: FileFacts
  ) throws(CallRefusal) -> LaunchSpec {
    let engine = try engines.engine(named: request.engine ?? "command")
    guard engine.can(.command) else {
      throw .invalidOption(LaunchOption.engine, "the engine “\(engine.name)” does not run commands")
    }
    _ = try checked(engine, files)
    let program = try CallRefusal.ofOption(LaunchOption.command) { () throws(OptionProblem) in
      try files.program(command[0], request.call.environment)
    }
    let title = String(command[0].split(separator: "/").last ?? "command")
    var spec = LaunchSpec(engine: engine, command: [program] + command.dropFirst(), title: title)
    spec.workingDirectory = try workingDirectory(files)
    return spec
  }

  private func checked(_ engine: EngineDescriptor, _ files: FileFacts) throws(CallRefusal) -> EngineDescriptor {
    guard let program = engine.command.first, files.isExecutable(program) else {
      throw .engineNotFound("the engine “\(engine.name)” has no program at \(engine.command.first ?? "")")
    }
    return engine
  }

  func check(
    _ engine: EngineDescriptor, can capability: EngineDescriptor.Capability, _ option: String
  ) throws(CallRefusal) {
    guard engine.can(capability) else {
      throw .invalidOption(
        option, "the engine “\(engine.name)” cannot do this (it lacks “\(capability.rawValue)”)")
    }
  }

  private func workingDirectory(_ files: FileFacts) throws(CallRefusal) -> String? {
    guard let path = request.call.workingDirectory else { return Environment["HOME"] }
    guard path.hasPrefix("/"), files.isDirectory(path) else {
      throw .invalidOption(
        LaunchOption.workingDirectory, "“\(DisplayText(path))” is not the absolute path of a directory")
    }
    return path
  }

  /// Those that were given by the engine's own names, and the devices.
  func settings(of engine: EngineDescriptor) throws(CallRefusal) -> [String: String] {
    var settings = request.engineSettings
    if let unknown = settings.keys.sorted().first(where: { !engine.settings.contains($0) }) {
      let known = engine.settings.isEmpty ? "it has none" : "it has \(engine.settings.joined(separator: ", "))"
      throw .invalidOption(
        LaunchOption.engineSettings,
        "the engine “\(engine.name)” has no setting “\(OptionProblem.shown(unknown))”; \(known)")
    }
    // Its program has another working directory than whoever asks.
    for (name, path) in settings.sorted(by: { $0.key < $1.key }) where name.hasSuffix("-file") && !path.hasPrefix("/") {
      throw .invalidOption(
        LaunchOption.engineSettings,
        "the setting \(name) must be an absolute path, which “\(OptionProblem.shown(path))” is not")
    }
    try permission.check(settings: settings.keys.sorted(), of: engine)
    for (name, device) in request.devices.named.sorted(by: { $0.key < $1.key }) {
      guard engine.settings.contains(name) else {
        throw .invalidOption(name, "the engine “\(engine.name)” does not let it be chosen (it lacks the setting)")
      }
      guard settings[name] == nil else { throw .invalidOption(name, "it is given as an engine's setting, too") }
      settings[name] = device.isEmpty ? nil : device
    }
    return settings
  }
}

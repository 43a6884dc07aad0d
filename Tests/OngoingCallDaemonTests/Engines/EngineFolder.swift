// SPDX-License-Identifier: Apache-2.0
import CallModel
import Logging
import OngoingCallTestSupport

@testable import OngoingCallDaemon

/// Engines that are installed for a test: descriptors in a folder, and programs.
struct EngineFolder: Sendable {
  let folder = TemporaryFolder()
  let program: String

  init() {
    folder.makeFolder("bin")
    folder.makeFolder("engines")
    program = folder.write("#!/bin/sh\n", to: "bin/engine", mode: 0o755)
    install(Self.command(program))
    install(
      EngineDescriptor(
        name: "sip", command: [program, "-x"], schemes: ["sip", "sips"],
        capabilities: ["mute", "hold", "dtmf", "media"], settings: ["identity", "transport", "tone-file"]))
    install(EngineDescriptor(name: "rooms", command: ["/nonexistent/rooms"], schemes: ["room"]))
    install(EngineDescriptor(name: "plain", command: [program], capabilities: ["command", "mute"]))
  }

  static func command(_ program: String) -> EngineDescriptor {
    EngineDescriptor(name: "command", command: [program], capabilities: ["command", "terminal"])
  }

  func install(_ engine: EngineDescriptor) {
    func list(_ strings: [String]) -> String { "[" + strings.map { "\"\($0)\"" }.joined(separator: ",") + "]" }
    folder.write(
      """
      {"name":"\(engine.name)","command":\(list(engine.command)),"schemes":\(list(engine.schemes)),
       "capabilities":\(list(engine.capabilities)),"settings":\(list(engine.settings)),"of-a-later-version":{}}
      """, to: "engines/\(engine.name).json")
  }

  var catalog: EngineCatalog { EngineCatalog(directories: [folder["engines"]], logger: .silent) }
}

extension Logger {
  static var silent: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}

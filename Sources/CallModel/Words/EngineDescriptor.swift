// SPDX-License-Identifier: Apache-2.0

/// An engine's descriptor file (see the documentation of the engine channel).
package struct EngineDescriptor: Codable, Equatable, Sendable {
  package enum Capability: String, Sendable, CaseIterable {
    /// Runs programs instead of calling addresses.
    case command
    case terminal
    /// Types into that terminal on request.
    case sendKeys = "send-keys"
    case mute
    case hold
    case dtmf
    /// Asks far ends to call somebody else, and reports when they ask for that.
    case transfer
    case media
    /// Switches to other sound devices on request.
    case audio
    /// Records both sides to a file.
    case record
    /// A new process can take up the call of one that is gone.
    case resume
  }

  package var name: String
  /// The absolute path of the program, and its arguments.
  package var command: [String]
  package var schemes: [String] = []
  package var capabilities: [String] = []
  /// The keys of `engine-settings` that it accepts.
  package var settings: [String] = []
  /// Those of them that a sandboxed application may use.
  package var sandboxSettings: [String]?
  /// Whether its program lists the sound devices.
  package var devices: Bool?
  /// Whether its program can prepare what every call would otherwise have to prepare.
  package var warmUp: Bool?

  package init(
    name: String, command: [String], schemes: [String] = [], capabilities: [String] = [], settings: [String] = [],
    sandboxSettings: [String]? = nil, devices: Bool? = nil, warmUp: Bool? = nil
  ) {
    (self.name, self.command) = (name, command)
    (self.schemes, self.capabilities, self.settings) = (schemes, capabilities, settings)
    self.sandboxSettings = sandboxSettings
    (self.devices, self.warmUp) = (devices, warmUp)
  }

  package func can(_ capability: Capability) -> Bool { capabilities.contains(capability.rawValue) }

  /// Whether a hang must be detected at once: somebody hears nothing, or another process is to continue.
  package var isMissedAtOnce: Bool { can(.media) || can(.resume) }

  /// What is wrong with it, or nil.
  package var problem: String? {
    if !Self.isName(name) { return "“name” must be 1 to 32 of a-z, 0-9 and -" }
    guard let program = command.first, program.hasPrefix("/") else {
      return "“command” must begin with an absolute path"
    }
    if schemes.isEmpty && !can(.command) { return "“schemes” is empty, and the capability “command” is missing" }
    return nil
  }

  package static func isName(_ text: String) -> Bool {
    (1...32).contains(text.utf8.count)
      && text.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 }
  }
}

extension EngineDescriptor {
  /// The descriptor of an adopted process, which has no engine.
  package static let none = EngineDescriptor(name: "", command: [])

  private enum CodingKeys: String, CodingKey {
    case name, command, schemes, capabilities, settings, devices
    case sandboxSettings = "sandbox-settings"
    case warmUp = "warm-up"
  }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    name = try values.decode(String.self, forKey: .name)
    command = try values.decode([String].self, forKey: .command)
    schemes = try values.decodeIfPresent([String].self, forKey: .schemes) ?? []
    capabilities = try values.decodeIfPresent([String].self, forKey: .capabilities) ?? []
    settings = try values.decodeIfPresent([String].self, forKey: .settings) ?? []
    sandboxSettings = try values.decodeIfPresent([String].self, forKey: .sandboxSettings)
    devices = try values.decodeIfPresent(Bool.self, forKey: .devices)
    warmUp = try values.decodeIfPresent(Bool.self, forKey: .warmUp)
  }
}

// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallModel
import OngoingCall

struct Audio: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List the sound devices, or choose those of a call.",
    subcommands: [AudioList.self, AudioSet.self], defaultSubcommand: AudioList.self)
}

struct AudioList: CallCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the sound devices that calls can use.",
    discussion: """
      The engine's program lists them; neither ongoingcalld nor a call is needed. “*” marks the default of each kind. The \
      name is what --microphone and --speaker take.
      """)

  @Option(help: "Only those of this engine (default: of every engine that has such a list).")
  var engine: String?
  @OptionGroup var common: CommonOptions

  func perform(with client: CallsClient) throws -> Answer {
    let devices = try SoundDevices.all(of: engine, within: common.limit ?? SoundDevices.usualTime)
    let json: JSON = ["devices": .array(devices.map(\.json))]
    guard !devices.isEmpty else { return Answer("no sound devices", json: json) }
    return Answer(SoundDevice.table(devices, common.style, columns: Screen.columns), json: json)
  }
}

/// Which devices a call uses.
struct DeviceOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("The device to speak into, as in “audio list”; or default.", valueName: "name"),
    completion: SoundDevices.completion(of: .microphone))
  var microphone: String?
  @Option(
    help: ArgumentHelp("The device to hear by, as in “audio list”; or default.", valueName: "name"),
    completion: SoundDevices.completion(of: .speaker))
  var speaker: String?

  mutating func validate() throws {
    for (option, name) in [("--microphone", microphone), ("--speaker", speaker)] {
      guard let name else { continue }
      guard !name.isEmpty, name.utf8.count <= SoundDevice.maximumName else {
        throw ValidationError("\(option) takes a name of 1 to \(SoundDevice.maximumName) bytes, or “default”")
      }
    }
  }

  var isEmpty: Bool { microphone == nil && speaker == nil }

  /// As the API has them: the default one has no name.
  var choice: DeviceChoice { DeviceChoice(microphone: Self.named(microphone), speaker: Self.named(speaker)) }

  private static func named(_ given: String?) -> String? { given.map { $0 == "default" ? "" : $0 } }
}

struct AudioSet: CallCommand {
  static let configuration = CommandConfiguration(
    commandName: "set", abstract: "Let a call use other sound devices.",
    discussion: """
      For the rest of the call. A device that is not there is no error: another stands in for it, and gives way to it as \
      soon as it comes.
      """)

  @OptionGroup var session: SessionArgument
  @OptionGroup var devices: DeviceOptions
  @OptionGroup var common: CommonOptions

  mutating func validate() throws {
    guard !devices.isEmpty else {
      throw ValidationError("there is nothing to change; give --microphone, --speaker or both")
    }
  }

  func perform(with client: CallsClient) throws -> Answer {
    let id = try choose(session.id, with: client)
    let choice = devices.choice
    try client.tell(id) { () throws(CallsError) in
      try client.setAudio(microphone: choice.microphone, speaker: choice.speaker, id)
    }
    try hintAtMissing()
    let chosen = [
      devices.microphone.map { "the microphone “\(shown($0, limit: 80))”" },
      devices.speaker.map { "the speaker “\(shown($0, limit: 80))”" },
    ].compactMap(\.self)
    return Answer("\(id) uses \(chosen.joined(separator: " and "))", session: client.afterwards(id, state: .joined))
  }

  /// For a person, who may have mistyped a name.
  private func hintAtMissing() throws {
    guard StandardStream.error.isTerminal, !common.json, !common.quiet,
      let known = try? SoundDevices.all(of: nil, within: SoundDevices.usualTime)
    else { return }
    for (kind, name) in [
      (SoundDevice.Direction.microphone, devices.choice.microphone), (.speaker, devices.choice.speaker),
    ] {
      guard let name, !name.isEmpty, !known.contains(where: { $0.direction == kind && $0.name == name }) else {
        continue
      }
      try common.hint(
        "ongoingcallctl: there is no \(kind.rawValue) “\(shown(name, limit: 80))” now; another stands in for it until it "
          + "comes (see: ongoingcallctl audio list)")
    }
  }
}

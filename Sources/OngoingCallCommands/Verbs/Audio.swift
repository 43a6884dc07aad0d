// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallModel
import OngoingCall

struct Audio: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List sound devices, or choose those of a call.",
    subcommands: [AudioList.self, AudioSet.self], defaultSubcommand: AudioList.self)
}

struct AudioList: CallCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the sound devices.",
    discussion: """
      “*” marks the default microphone and the default speaker. --microphone and --speaker take these names. The \
      engine's program lists the devices; this needs neither ongoingcalld nor a call.
      """)

  @Option(help: "List the devices of this engine only (default: of all engines that list devices).")
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
    help: ArgumentHelp("The microphone to use: a name from “audio list”, or “default”.", valueName: "name"),
    completion: SoundDevices.completion(of: .microphone))
  var microphone: String?
  @Option(
    help: ArgumentHelp("The speaker to use: a name from “audio list”, or “default”.", valueName: "name"),
    completion: SoundDevices.completion(of: .speaker))
  var speaker: String?

  mutating func validate() throws {
    for (option, name) in [("--microphone", microphone), ("--speaker", speaker)] {
      guard let name else { continue }
      guard !name.isEmpty, name.utf8.count <= SoundDevice.maximumName else {
        throw ValidationError("\(option) must be a name of 1 to \(SoundDevice.maximumName) bytes, or “default”")
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
    commandName: "set", abstract: "Choose the sound devices of a call.",
    discussion: """
      The choice holds for the rest of the call. A device that is not connected is not an error: the call uses another \
      one, and switches as soon as the device is connected. “status” shows the devices in use.
      """)

  @OptionGroup var session: SessionArgument
  @OptionGroup var devices: DeviceOptions
  @OptionGroup var common: CommonOptions

  mutating func validate() throws {
    guard !devices.isEmpty else {
      throw ValidationError("nothing to change; give --microphone, --speaker or both")
    }
  }

  func perform(with client: CallsClient) throws -> Answer {
    let id = try choose(session.id, with: client)
    let choice = devices.choice
    try client.tell(id) { () throws(CallsError) in
      try client.ask(.setAudio(microphone: choice.microphone, speaker: choice.speaker, id))
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
        "ongoingcallctl: the \(kind.rawValue) “\(shown(name, limit: 80))” is not connected; the call uses another one "
          + "until then (see: ongoingcallctl audio list)")
    }
  }
}

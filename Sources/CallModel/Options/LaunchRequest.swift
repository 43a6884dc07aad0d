// SPDX-License-Identifier: Apache-2.0

/// What `Launch` is asked for (`packaging/dbus-1/org.ongoingcall.Calls1.xml`).
package struct LaunchRequest: Sendable, Equatable {
  /// What the call is: one of an address, a command and a process.
  package var uri: String?
  package var command: [String]?
  package var adoptPID: UInt32?
  package var adoptPIDFD: BusDescriptor?

  package var engine: String?
  package var engineSettings: [String: String] = [:]
  package var devices = DeviceChoice()
  package var call = CallSettings()

  package init() {}
}

extension LaunchRequest {
  package static let table = OptionTable<LaunchRequest>(
    [
      .optional(
        LaunchOption.uri, .callTarget, \.uri, sandbox: .allowed,
        unfit: [.process: "give an address or a process to adopt, not both"], tool: "URI"),
      .optional(
        LaunchOption.command, .command(256, bytes: 32 << 10), \.command, sandbox: .runsOutside,
        unfit: [
          .address: "give an address or a command, not both",
          .process: "give a command or a process to adopt, not both",
        ], tool: "PROGRAM"),
      .optional(
        LaunchOption.adoptPID, .number, \.adoptPID,
        sandbox: .refused("a number may be another process's outside of it; give “adopt-pidfd”"), tool: "--adopt"),
      // Of which processes, is found out of the process.
      .descriptor(LaunchOption.adoptPIDFD, \.adoptPIDFD, sandbox: .allowed, tool: "--adopt"),
      .optional(LaunchOption.engine, .text(0...(64 << 10)), \.engine, sandbox: .allowed, unfit: ofEngines),
      // Which of them, the engine's descriptor says.
      .plain(
        LaunchOption.engineSettings, .settings(bytes: 4096), \.engineSettings, usual: [:], sandbox: .allowed,
        unfit: ofEngines, tool: "--set"),
    ] + DeviceChoice.table.rows.map { $0.inside(\.devices) } + CallSettings.table.rows.map { $0.inside(\.call) })

  private static let ofEngines: [CallKind: String] = [
    .process: "not for an adopted process, which carries its call itself, without an engine"
  ]

  /// - Parameter entries: those of an `a{sv}` that has passed the table's check.
  package init(_ entries: [(String, BusValue)]) throws(OptionProblem) {
    self.init()
    try Self.checkKind(of: entries)
    try Self.table.read(entries, into: &self)
  }

  package var encoded: BusValue { Self.table.encode(self) }

  /// What is wrong with it, as far as that can be told without a machine; nil where nothing is.
  package var problem: OptionProblem? {
    do throws(OptionProblem) {
      _ = try LaunchRequest(Self.table.given(in: self))
      return nil
    } catch { return error }
  }

  /// nil where nothing says what the call is.
  package var kind: CallKind? { Self.kind(of: Self.table.given(in: self)) }

  private static func kind(of entries: [(String, BusValue)]) -> CallKind? {
    let names = Set(entries.map(\.0))
    if names.contains(LaunchOption.adoptPID) || names.contains(LaunchOption.adoptPIDFD) { return .process }
    if names.contains(LaunchOption.uri) { return .address }
    return names.contains(LaunchOption.command) ? .command : nil
  }

  /// Whether what is given goes together.
  private static func checkKind(of entries: [(String, BusValue)]) throws(OptionProblem) {
    let names = Set(entries.map(\.0))
    guard !names.isSuperset(of: [LaunchOption.adoptPID, LaunchOption.adoptPIDFD]) else {
      throw OptionProblem(LaunchOption.adoptPIDFD, "give it or “\(LaunchOption.adoptPID)”, not both")
    }
    guard let kind = kind(of: entries) else { return }
    for row in table.rows where names.contains(row.name) {
      if let why = row.unfit[kind] { throw OptionProblem(row.name, why) }
    }
  }
}

/// Which sound devices a call uses; nil leaves them as they are, and "" is the default device.
package struct DeviceChoice: Sendable, Equatable {
  package var microphone: String?
  package var speaker: String?

  package init(microphone: String? = nil, speaker: String? = nil) {
    (self.microphone, self.speaker) = (microphone, speaker)
  }

  /// The options of `SetAudio`, and two of a launch.
  package static let table = OptionTable<DeviceChoice>([
    .optional(
      AudioKey.microphone, .text(0...512), \.microphone, sandbox: .devices,
      unfit: [.process: "not for an adopted process, which has its microphone in its own hands"]),
    .optional(
      AudioKey.speaker, .text(0...512), \.speaker, sandbox: .devices,
      unfit: [.process: "not for an adopted process, which has its speaker in its own hands"]),
  ])

  package init(_ entries: [(String, BusValue)]) throws(OptionProblem) {
    self.init()
    try Self.table.check(entries)
    try Self.table.read(entries, into: &self)
  }

  package var encoded: BusValue { Self.table.encode(self) }

  /// By the names of the options, which are those of an engine's settings too.
  package var named: [String: String] {
    var named: [String: String] = [:]
    named[AudioKey.microphone] = microphone
    named[AudioKey.speaker] = speaker
    return named
  }
}

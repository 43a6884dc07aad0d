// SPDX-License-Identifier: Apache-2.0

/// How a call is to be kept. It is asked for with the launch, and kept in the session's record.
/// It is a table: each field is one option of `Launch`.
package struct CallSettings: Sendable, Equatable, Returning {
  /// Shown to the user. The default is the address, or the program's name.
  @Choice package var title = ""
  /// What the user calls it in place of its id.
  package var name: String?
  /// The application that the call belongs to; empty is none.
  package var applicationID = ""
  /// The same token gives the same session.
  package var token: String?

  /// The id of the account that the call goes through; nil is none. In a launch, nil is the default account, and "" none.
  package var account: String?

  /// Of a program: whether it runs on a terminal of its own, where, and what it has besides the manager's environment.
  package var terminal = false
  /// The terminal's first size; nil is the engine's own.
  package var terminalColumns: UInt32?
  package var terminalRows: UInt32?
  package var workingDirectory: String?
  package var environment: [String] = []
  /// Seconds that an adopted process has to end by itself when the user hangs up.
  package var hangUpGrace: UInt32?
  package static let usualHangUpGrace: UInt32 = 5

  /// Seconds that the call may stay unanswered.
  @Choice package var launchTimeout: UInt32 = 120
  /// Seconds that a lost connection may take to come back.
  @Choice package var reconnectTimeout: UInt32 = 60
  /// Seconds after which a call that nobody else is in ends; 0 is never.
  @Choice package var aloneTimeout: UInt32 = 300
  /// Whether the machine is kept from going to sleep while the call is joined, where policy lets the user ask for that.
  @Choice package var inhibitsSleep = true
  /// Whether a closed lid is to be ignored while the call is joined, where policy lets the user ask for that.
  @Choice package var inhibitsLidSwitch = false
  /// Whether media players that play when the call is joined pause until it has ended.
  @Choice package var pausesPlayers = true
  /// Whether the user is to linger until the call has ended.
  @Choice package var lingers = false
  package var startMuted = false

  /// What the application wants its notification to be; nil is as for any call.
  package var notification: CustomNotification?
  /// The id of the notification's channel, where the notification names none.
  package var channel: String?
  /// Where the user came from, and is brought back to.
  package var returnTarget: ReturnTarget?

  package init() {}
}

extension CallSettings {
  package static let table = OptionTable<CallSettings>(
    [
      .choice("title", .line(256), \.$title, sandbox: .allowed),
      .optional(LaunchOption.name, .callName(64), \.name, sandbox: .allowed),
      .plain(
        "application-id", .identifier(0...255), \.applicationID, usual: "", sandbox: .ownID, record: "applicationID"),
      .optional(LaunchOption.token, .text(1...128), \.token, sandbox: .allowed),
      .optional(
        // Which of them an application in a sandbox may name, their settings say.
        LaunchOption.account, .text(0...64), \.account, sandbox: .allowed,
        unfit: [
          .command: "only for addresses, not for programs",
          .process: "not for an adopted process, which calls by itself",
        ]),
      .plain(LaunchOption.terminal, .flag, \.terminal, usual: false, sandbox: .runsOutside, unfit: ofPrograms),
      .optional(
        LaunchOption.terminalColumns, .number(1...4096), \.terminalColumns, sandbox: .runsOutside, unfit: ofPrograms,
        tool: "--terminal"),
      .optional(
        LaunchOption.terminalRows, .number(1...4096), \.terminalRows, sandbox: .runsOutside, unfit: ofPrograms,
        tool: "--terminal"),
      .optional(
        LaunchOption.workingDirectory, .text(0...4096), \.workingDirectory, sandbox: .runsOutside, unfit: ofPrograms),
      .plain(
        "environment", .variables(256, bytes: 16 << 10), \.environment, usual: [], sandbox: .runsOutside,
        unfit: ofPrograms, tool: "--setenv"),
      .optional(
        "hang-up-grace", .seconds(1...60), \.hangUpGrace, sandbox: .allowed,
        unfit: [.address: "only for an adopted process", .command: "only for an adopted process"]),
      .choice(
        "launch-timeout", .seconds(1...3600), \.$launchTimeout, configuration: "LaunchTimeoutSec", sandbox: .allowed,
        unfit: [.process: "not for an adopted process, whose call is joined already"]),
      .choice(
        "reconnect-timeout", .seconds(1...3600), \.$reconnectTimeout, configuration: "ReconnectTimeoutSec",
        sandbox: .allowed, unfit: [.process: knowsItself]),
      .choice(
        "alone-timeout", .seconds(0...86400, infinity: 0), \.$aloneTimeout, configuration: "AloneTimeoutSec",
        sandbox: .allowed, unfit: [.process: knowsItself]),
      .choice(
        "inhibit-sleep", .flag, \.$inhibitsSleep, configuration: "InhibitSleep", sandbox: .allowed,
        tool: "--allow-sleep",
        record: "inhibitsSleep"),
      .choice(
        "inhibit-lid-switch", .flag, \.$inhibitsLidSwitch, configuration: "InhibitLidSwitch",
        sandbox: .unless { value, _ in
          value.asBool == true
            ? "whether a closed lid is ignored is the user's to say (InhibitLidSwitch= in ongoingcalld.conf)" : nil
        }, record: "inhibitsLidSwitch"),
      .choice(
        "pause-players", .flag, \.$pausesPlayers, configuration: "PausePlayers", sandbox: .allowed,
        unfit: [
          .command: "only for addresses, not for programs", .process: "only for addresses, not for an adopted process",
        ], tool: "--keep-playing", record: "pausesPlayers"),
      .choice(
        "linger", .flag, \.$lingers, configuration: "Linger",
        sandbox: .unless { value, _ in
          value.asBool == true ? "whether the user lingers is the user's to say (Linger= in ongoingcalld.conf)" : nil
        }, record: "lingers"),
      .plain(
        LaunchOption.startMuted, .flag, \.startMuted, usual: false, sandbox: .allowed,
        unfit: [.process: "not for an adopted process, which has its microphone in its own hands"], tool: "--muted"),
      .optional(
        LaunchOption.notification, .notification, \.notification,
        sandbox: .unless { value, application in
          CustomNotification.table.refusal(of: value.asEntries ?? [], from: application).map {
            "\($0.option): \($0.text)"
          }
        }),
      .optional(LaunchOption.channel, .text(0...4096), \.channel, sandbox: .allowed),
    ] + returnRows)

  private static let ofPrograms: [CallKind: String] = [
    .address: "only for programs, not for addresses", .process: "not for an adopted process, which has its own",
  ]
  private static let knowsItself = "not for an adopted process, which alone knows whether its call is up"
}

extension CallSettings {
  /// Whether a call that is there already may be given this name.
  package static func check(name: String) throws(OptionProblem) {
    var settings = CallSettings()
    try table.read([(LaunchOption.name, .string(name))], into: &settings)
  }
}

extension CallSettings: Codable {
  private static let returnTarget = RecordKey("returnTarget")

  package init(from decoder: any Decoder) throws {
    self.init()
    try Self.table.read(from: decoder, into: &self)
    let record = try decoder.container(keyedBy: RecordKey.self)
    returnTarget = try record.decodeIfPresent(ReturnTarget.self, forKey: Self.returnTarget)
  }

  package func encode(to encoder: any Encoder) throws {
    try Self.table.write(self, to: encoder)
    var record = encoder.container(keyedBy: RecordKey.self)
    try record.encodeIfPresent(returnTarget, forKey: Self.returnTarget)
  }
}

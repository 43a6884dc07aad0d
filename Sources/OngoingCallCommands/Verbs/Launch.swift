// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallModel
import OngoingCall

/// ArgumentParser wants one property for each option.
struct Launch: CallCommand {
  static let configuration = CommandConfiguration(
    abstract: "Launch a call: call an address, run a program, or adopt a process.",
    usage: """
      ongoingcallctl launch [OPTIONS] URI
      ongoingcallctl launch [OPTIONS] NUMBER
      ongoingcallctl launch [OPTIONS] -- PROGRAM [ARGUMENTS…]
      ongoingcallctl launch [OPTIONS] --adopt PID
      """,
    discussion: """
      The call outlives this terminal. The first word of the output is the call's ID.

      A call to a sip: address goes through the account of --account, else through the default account, if there is one. \
      A number, such as 030 123456 or tel:+4930123456, and a name need an account: ongoingcall-accounts(5).

      PROGRAM is looked up in your PATH; its arguments are passed on unchanged. It runs in the current directory, with \
      your PATH, TERM, COLORTERM, LANG, LANGUAGE and LC_*; every other variable comes from your systemd user manager, or \
      from --setenv. Like systemd-run, ssh and docker, launch allocates a terminal only if you give --terminal. “logs” shows the \
      output of a program without a terminal.

      With --terminal, launch attaches to the program at once if you type it on a terminal; --detach does not. If a live \
      call has the name of --name and runs the same program, launch attaches to that call: the same line starts the \
      program the first time, and returns to it later. With --attach, it does so whatever the call runs, and also in a \
      script.

      An adopted process carries the call's media itself, so the call is joined at once. The process and its children \
      survive the end of your login session. Closing this terminal still sends SIGHUP to a program that runs in it: start \
      such a program with nohup, or disown it. “hangup” asks an adopted process to exit, and stops it after \
      --hang-up-grace; “abort” releases it, and it keeps running.

      On a terminal, launch shows the call being placed. Ctrl-C cancels the call while it rings; once it is joined, Ctrl-C \
      only leaves the view. Closing the terminal never ends the call. With --wait, launch exits when the call is joined; \
      with --detach, at once. In a script or a pipe, launch exits as soon as the call is launched; with --wait, \
      interrupting launch does not end the call.
      """)

  /// What the help texts say of defaults.
  static let usual = CallSettings()

  @Argument(
    help: ArgumentHelp(
      "The address to call, for example sip:standup@example.org; or a number or a name, which is called through an account.",
      valueName: "URI"))
  var firstWord: String?
  @OptionGroup(visibility: .hidden) var otherWords: NumberWords
  @Option(
    help: ArgumentHelp("Adopt one of your running processes as the call.", valueName: "PID"),
    completion: LaunchCompletion.processes)
  var adopt: UInt32?
  @Option(
    help: ArgumentHelp(
      "How long an adopted process may take to exit after a hang-up (default: \(CallSettings.usualHangUpGrace)).",
      valueName: "seconds"))
  var hangUpGrace: UInt32?
  @Argument(parsing: .postTerminator, help: "The program to run, and its arguments, after “--”.")
  var command: [String] = []

  @Option(
    help: ArgumentHelp(
      "Call through this account (default: the default account).", valueName: "id"),
    completion: AccountCompletion.all)
  var account: String?
  @Flag(help: "Call the address directly, without the default account.")
  var noAccount = false
  @OptionGroup var privacy: PrivacyOptions
  @Option(help: "The title shown for the call (default: the address or the program's name).")
  var title: String?
  @Option(help: "A name to use in place of the call's ID; no other live call may have it (default: none).")
  var name: String?
  @Flag(help: "Wait until the call is joined or fails; the exit status tells which.")
  var wait = false
  @Flag(name: .shortAndLong, help: "Exit as soon as the call is launched, even on a terminal.")
  var detach = false
  @Flag(
    name: [.customShort("A"), .customLong("attach")],
    help: "Attach to the program's terminal, also in a script; if a call has the name already, attach to that one.")
  var attachesAlways = false
  @Option(
    help: "The engine to use (default: the one that handles the address).", completion: LaunchCompletion.engines)
  var engine: String?
  @Option(name: .customLong("set"), help: ArgumentHelp("Pass a setting to the engine.", valueName: "KEY=VALUE"))
  var settings: [String] = []
  @Flag(name: [.customShort("t"), .long], help: "Run the program on a terminal of its own.")
  var terminal = false
  @Option(help: "Run the program in this directory (default: the current one).", completion: .directory)
  var workingDirectory: String?
  @Option(
    help: ArgumentHelp(
      "Set an environment variable for the program; a NAME alone passes on its current value.",
      valueName: "NAME[=VALUE]"))
  var setenv: [String] = []
  @Option(
    help: ArgumentHelp("How long to wait for an answer (default: \(usual.launchTimeout)).", valueName: "seconds"))
  var launchTimeout: UInt32?
  @Option(
    help: ArgumentHelp(
      "How long to try to restore a lost connection (default: \(usual.reconnectTimeout)).", valueName: "seconds"))
  var reconnectTimeout: UInt32?
  @Option(
    help: ArgumentHelp(
      "How long to stay in the call when nobody else is in it; 0 is forever (default: \(usual.aloneTimeout)).",
      valueName: "seconds"))
  var aloneTimeout: UInt32?
  @Flag(help: "Let the machine go to sleep during the call.")
  var allowSleep = false
  @Flag(
    inversion: .prefixedNo,
    help: "Ignore a closed lid during the call, if policy allows it (default: as configured).")
  var inhibitLidSwitch: Bool?
  @Flag(help: "Let media players play on when the call is joined; otherwise they pause until it ends.")
  var keepPlaying = false
  @Flag(
    inversion: .prefixedNo,
    help: "Keep the call after your last logout, by enabling lingering until the call ends (default: as configured).")
  var linger: Bool?
  @Flag(help: "Join with the microphone muted.")
  var muted = false
  @Option(
    help: ArgumentHelp(
      "Return to this D-Bus application, which implements org.freedesktop.Application.", valueName: "NAME[/PATH]"))
  var returnDbus: String?
  @Option(
    help: ArgumentHelp(
      "Return by running this command; it is split into words like a shell command, but nothing is expanded.",
      valueName: "command"))
  var returnCommand: String?
  @Option(help: "The application that the call belongs to: the name of its desktop file.")
  var applicationID: String?
  @Option(help: "Launch at most once: a launch with the same token returns the same call (default: a random token).")
  var token: String?
  @OptionGroup(title: "Sound") var devices: DeviceOptions
  @OptionGroup(title: "Notification") var look: NotificationOptions
  @OptionGroup var common: CommonOptions

  /// A number may be written in several words.
  var uri: String? { firstWord.map { ([$0] + otherWords.all).joined(separator: " ") } }

  mutating func validate() throws {
    if let second = otherWords.all.first {
      guard let uri, case .number? = try? CallTarget(uri) else {
        throw ValidationError(
          "unexpected argument “\(shown(second, limit: 40))”; only a number may be written in several words")
      }
    }
    guard uri == nil || command.isEmpty else {
      throw ValidationError("give either an address or a program, not both")
    }
    guard adopt == nil || (uri == nil && command.isEmpty) else {
      throw ValidationError("give either --adopt or \(uri == nil ? "a program" : "an address"), not both")
    }
    guard uri != nil || !command.isEmpty || adopt != nil else {
      throw ValidationError(
        "there is nothing to launch; give an address, a program after “--”, or --adopt PID")
    }
    guard account == nil || !noAccount else {
      throw ValidationError("--account and --no-account cannot be used together")
    }
    guard !attachesAlways || (terminal && !command.isEmpty) else {
      throw ValidationError("--attach needs --terminal, and a program after “--”")
    }
    guard !attachesAlways || (!wait && !detach && !common.quiet) else {
      throw ValidationError("--attach cannot be used together with --wait, --detach or --quiet")
    }
    guard !wait || !detach else { throw ValidationError("--wait and --detach cannot be used together") }
  }

  func perform(with client: CallsClient) throws -> Answer {
    let request = try request()
    switch try attachment() {
    case .atOnce: return try launchAndAttach(request, client)
    case .prevented(let why): return try launch(request, client).hinting(notAttached: why)
    case .none: return try launch(request, client)
    }
  }

  private func launch(_ request: LaunchRequest, _ client: CallsClient) throws -> Answer {
    let onlooker = client.another(startsDaemon: false)
    let isShown = !common.json && !common.quiet && !detach && StandardStream.output.isTerminalOfTheCaller
    if isShown {
      // So that a call that is being launched is cancelled, and not left behind unseen.
      Interrupts.begin()
      try onlooker.watch()
    }
    let id = try ask(request, client)
    let launched = client.afterwards(id, state: .launching)
    if launched.hasEnded { return ended(launched) }
    do {
      if isShown { return try view(id, client, onlooker).hinting(atLogoutOf: launched) }
      guard wait else {
        return Answer(try placed(launched, client), session: launched).hinting(atLogoutOf: launched)
      }
      try common.say(try placed(launched, client))
    } catch let error as CommandFailure {
      throw error.afterwards("the call \(id) was launched")
    }
    let answer = launched.hasJoined ? Answer("", session: launched) : try waited(for: id, with: client)
    return answer.hinting(atLogoutOf: launched)
  }
}

/// The words of a number after the first one. ArgumentParser allows no list of arguments before those after “--”.
struct NumberWords: ParsableArguments {
  @Argument(help: .hidden) var second: String?
  @Argument(help: .hidden) var third: String?
  @Argument(help: .hidden) var fourth: String?
  @Argument(help: .hidden) var fifth: String?
  @Argument(help: .hidden) var sixth: String?

  var all: [String] { [second, third, fourth, fifth, sixth].compactMap(\.self) }
}

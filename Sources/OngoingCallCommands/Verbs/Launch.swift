// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallModel
import Glibc
import OngoingCall

struct Launch: CallCommand {
  static let configuration = CommandConfiguration(
    abstract: "Place a call, run a program, or adopt a process, and keep it.",
    usage: """
      ongoingcallctl launch [OPTIONS] URI
      ongoingcallctl launch [OPTIONS] -- PROGRAM [ARGUMENTS…]
      ongoingcallctl launch [OPTIONS] --adopt PID
      """,
    discussion: """
      The call lives on when this terminal is closed. The answer begins with the call's id.

      A program is looked up in the PATH of the caller, and its arguments arrive in it as they are. It runs in the \
      current directory, with PATH, TERM, COLORTERM, LANG, LANGUAGE and LC_* of the caller; every other variable is \
      that of your systemd user manager, unless --setenv gives it. As with systemd-run, ssh and docker it has a \
      terminal only if --terminal asks for one.

      A process that is adopted carries its call itself, and is joined at once. It and what it has forked go on when the \
      login session ends; but where this terminal is theirs, its end sends them SIGHUP: start such a program by nohup, or \
      disown it. To hang up asks it to end, and after --hang-up-grace ends it; to abort lets it go, and it goes on.

      On a terminal you see the call being placed. Ctrl-C cancels it while it rings; after that it only leaves the \
      view, as closing the terminal does at any time. With --wait the view ends when the call is joined, with --detach \
      there is none. In scripts and pipes the answer comes at once; with --wait, ending the waiting does not end the call.
      """)

  @Argument(help: ArgumentHelp("The address to call, as in sip:standup@example.org.", valueName: "URI"))
  var uri: String?
  @Option(help: ArgumentHelp("A process of yours that is the call already.", valueName: "PID"))
  var adopt: UInt32?
  @Option(
    help: ArgumentHelp(
      "How long an adopted process has to end by itself when it is hung up (default: 5).", valueName: "seconds"))
  var hangUpGrace: UInt32?
  @Argument(parsing: .postTerminator, help: "A program and its arguments, after “--”.")
  var command: [String] = []

  @Option(help: "What to show to the user (default: the address, or the program's name).")
  var title: String?
  @Flag(help: "Wait until the call is joined, or has failed; the exit status says which.")
  var wait = false
  @Flag(name: .shortAndLong, help: "Return at once, on a terminal too.")
  var detach = false
  @Option(help: "The engine to use (default: the one that takes the address).")
  var engine: String?
  @Option(name: .customLong("set"), help: ArgumentHelp("A setting of the engine.", valueName: "KEY=VALUE"))
  var settings: [String] = []
  @Flag(name: [.customShort("t"), .long], help: "Run the program on a terminal of its own.")
  var terminal = false
  @Option(help: "The directory to run the program in (default: the current one).", completion: .directory)
  var workingDirectory: String?
  @Option(
    help: ArgumentHelp(
      "A variable for the program; without “=”, as it is set here.", valueName: "NAME[=VALUE]"))
  var setenv: [String] = []
  @Option(help: ArgumentHelp("How long the call may stay unanswered (default: 120).", valueName: "seconds"))
  var launchTimeout: UInt32?
  @Option(help: ArgumentHelp("How long a lost connection may take to come back (default: 60).", valueName: "seconds"))
  var reconnectTimeout: UInt32?
  @Option(
    help: ArgumentHelp(
      "How long the call goes on when nobody else is in it (default: 300; 0: always).", valueName: "seconds"))
  var aloneTimeout: UInt32?
  @Flag(help: "Let the machine go to sleep during the call.")
  var allowSleep = false
  @Flag(
    inversion: .prefixedNo,
    help: "Let the call go on after your last logout: you linger until it has ended (default: as configured).")
  var linger: Bool?
  @Flag(help: "Join with the microphone off.")
  var muted = false
  @Option(
    help: ArgumentHelp(
      "Where to return to: an application on the bus, which has org.freedesktop.Application.",
      valueName: "NAME[/PATH]"))
  var returnDbus: String?
  @Option(
    help: ArgumentHelp(
      "Where to return to: a command, in words as for a shell; nothing is expanded.", valueName: "command"))
  var returnCommand: String?
  @Option(help: "The application that the call belongs to, by its desktop file's name.")
  var applicationID: String?
  @Option(help: "A launch with the same token is the same call (default: a random one).")
  var token: String?
  @OptionGroup(title: "The call's sound") var devices: DeviceOptions
  @OptionGroup(title: "The call's notification") var look: NotificationOptions
  @OptionGroup var common: CommonOptions

  mutating func validate() throws {
    guard uri == nil || command.isEmpty else {
      throw ValidationError("there are both an address and a program; a call is one of the two")
    }
    guard adopt == nil || (uri == nil && command.isEmpty) else {
      throw ValidationError("there are both a process to adopt and \(uri == nil ? "a program" : "an address")")
    }
    guard uri != nil || !command.isEmpty || adopt != nil else {
      throw ValidationError(
        "there is nothing to launch; give an address, a program after “--”, or a process by --adopt")
    }
    guard hangUpGrace.map({ (1...60).contains($0) }) ?? true else {
      throw ValidationError("--hang-up-grace takes 1 to 60 seconds")
    }
    guard !wait || !detach else { throw ValidationError("--wait and --detach exclude each other") }
    guard launchTimeout.map({ (1...3600).contains($0) }) ?? true else {
      throw ValidationError("--launch-timeout takes 1 to 3600 seconds")
    }
    guard reconnectTimeout.map({ (1...3600).contains($0) }) ?? true else {
      throw ValidationError("--reconnect-timeout takes 1 to 3600 seconds")
    }
    guard aloneTimeout.map({ (0...86400).contains($0) }) ?? true else {
      throw ValidationError("--alone-timeout takes 0 to 86400 seconds")
    }
    let ofPrograms = [
      terminal ? "--terminal" : nil,
      workingDirectory.map { _ in "--working-directory" },
      setenv.isEmpty ? nil : "--setenv",
    ]
    let ofEngines = [
      engine.map { _ in "--engine" }, settings.isEmpty ? nil : "--set", muted ? "--muted" : nil,
      launchTimeout.map { _ in "--launch-timeout" }, reconnectTimeout.map { _ in "--reconnect-timeout" },
      aloneTimeout.map { _ in "--alone-timeout" }, devices.microphone.map { _ in "--microphone" },
      devices.speaker.map { _ in "--speaker" },
    ]
    if uri != nil { try refuse(ofPrograms, "for programs only, not for addresses") }
    if adopt != nil {
      try refuse(ofPrograms + ofEngines, "an adopted process is the call already, and does this itself")
    }
    if adopt == nil { try refuse([hangUpGrace.map { _ in "--hang-up-grace" }], "for processes only, by --adopt") }
  }

  private func refuse(_ given: [String?], _ why: String) throws {
    let given = given.compactMap(\.self)
    guard given.isEmpty else { throw ValidationError("\(given.joined(separator: ", ")): \(why)") }
  }

  func perform(with client: CallsClient) throws -> Answer {
    let options = try options()
    let isShown = !common.json && !common.quiet && !detach && StandardStream.output.isTerminalOfTheCaller
    if isShown {
      // So that a call that is being launched is cancelled, and not left behind unseen.
      Interrupts.begin()
      try client.watch()
    }
    let id = try client.ask(.launch(options))
    let launched = client.afterwards(id, state: .launching)
    if launched.hasEnded { return ended(launched) }
    try hintAtLogout(launched)
    if isShown { return try view(id, client) }
    guard wait else { return Answer(try placed(launched, client), session: launched) }
    try common.say(try placed(launched, client))
    return launched.hasJoined ? Answer("", session: launched) : try waited(for: id, with: client)
  }

  /// What is said of a call once it is placed.
  private func placed(_ info: SessionInfo, _ client: CallsClient) throws -> String {
    guard !common.json, !common.quiet else { return "" }
    return "\(info.id) \(info.shownState) (\(ways(info)))" + withoutNotification(info, client)
  }

  private func ways(_ info: SessionInfo) -> String {
    "see it: ongoingcallctl status \(info.id); end it: \(info.commandToEnd)"
  }

  private func withoutNotification(_ info: SessionInfo, _ client: CallsClient) -> String {
    let surface = (try? client.manager())?.notificationSurface
    guard surface == NotificationSurface.none else { return "" }
    return "\n  no notification can be shown here: the call is ended by “\(info.commandToEnd)”, or by the far end"
  }

  /// For a person who is about to log out; a program reads `survives-logout`.
  private func hintAtLogout(_ info: SessionInfo) throws {
    guard info.survivesLogout == false else { return }
    try common.hint("ongoingcallctl: the call ends at your last logout, unless it is launched with --linger")
  }

  /// The call on this terminal, until it has ended or is left. A program is there as soon as it runs.
  private func view(_ id: String, _ client: CallsClient) throws -> Answer {
    var view = LaunchView(id, client, common.style)
    let end = try view.run(untilJoined: wait || uri == nil) { info in
      try StandardStream.output.write(
        line: common.style.faint("  " + nextSteps(info)) + withoutNotification(info, client))
    }
    switch end {
    case .joined(let info):
      return Answer(common.style.faint("  " + nextSteps(info)) + withoutNotification(info, client), session: info)
    case .ended(let info): return ended(info)
    case .left(let info): return Answer("the call goes on (\(ways(info)))", session: info)
    case .cancelled(let info):
      let failure = CommandFailure(.notJoined, "not-joined", "the call \(info.id) was cancelled")
      return Answer("", session: info, failure: failure)
    }
  }

  private func nextSteps(_ info: SessionInfo) -> String {
    let steps =
      uri != nil
      ? ["mute", "hold", "hangup"]
      : adopt != nil ? ["status", "hangup"] : terminal ? ["attach", "status", "abort"] : ["status", "abort"]
    return "next: " + steps.map { "ongoingcallctl \($0)" }.joined(separator: ", ")
  }

  private func waited(for id: String, with client: CallsClient) throws -> Answer {
    // The daemon ends a call that is not answered in time; this gives it time to do so.
    let time = Int(launchTimeout ?? 120) + 30
    guard let info = try client.wait(for: id, within: .seconds(time), until: \.hasJoined) else {
      throw CommandFailure(
        .timedOut, "timed-out", "the call \(id) has neither been joined nor ended within \(time) s",
        remedy: "look at: ongoingcallctl status \(id)")
    }
    return info.hasJoined ? Answer("\(id) \(info.shownState)", session: info) : ended(info)
  }

  private func ended(_ info: SessionInfo) -> Answer {
    let lasted = StandardStream.output.isTerminal ? " after \(info.shownDuration)" : ""
    guard !info.hasJoined else { return Answer("\(info.id) \(info.shownState)" + lasted, session: info) }
    let failure = CommandFailure(.notJoined, "not-joined", "the call \(info.id) was not joined: \(info.shownEnd)")
    return Answer("", session: info, failure: failure)
  }
}

// MARK: - The options

extension Launch {
  func options() throws(CommandFailure) -> LaunchOptions {
    var options = LaunchOptions(try call())
    options.engine = engine
    options.engineSettings = try engineSettings()
    options.title = title
    options.applicationID = applicationID
    if let token { options.token = token }
    options.launchTimeout = launchTimeout
    options.reconnectTimeout = reconnectTimeout
    options.aloneTimeout = aloneTimeout
    options.inhibitsSleep = !allowSleep
    options.lingers = linger
    options.startMuted = muted
    (options.microphone, options.speaker) = devices.named
    options.hangUpGrace = hangUpGrace
    options.notification = try look.notification()
    options.channel = look.channel
    options.returnApplication = try returnDbus.map(Self.application)
    options.returnCommand = try returnCommand.map(Self.commandToReturn) ?? []
    return options
  }

  private func call() throws(CommandFailure) -> LaunchOptions.Call {
    if let adopt { return .process(try process(adopt)) }
    guard let uri else { return .command(try program()) }
    do { return .address(try CallURI(uri).description) } catch {
      let remedy = error == .noScheme ? "a program goes after “--”: ongoingcallctl launch -- PROGRAM" : nil
      throw .usage("“\(shown(uri, limit: 100))”: \(error)", remedy: remedy)
    }
  }

  private func process(_ number: UInt32) throws(CommandFailure) -> BusDescriptor {
    guard let process = Int32(exactly: number), process > 0 else {
      throw .usage("--adopt \(number) is no process's number")
    }
    do { return try BusDescriptor(ofProcess: process) } catch {
      switch error.errno {
      case ESRCH: throw .usage("--adopt \(process): there is no such process", remedy: "pgrep -a NAME finds yours")
      case EINVAL, ENOENT:
        throw .usage(
          "--adopt \(process): it is a thread, not a process", remedy: "give the process that it is a thread of")
      default: throw CommandFailure(.failure, "not-adopted", "the process \(process) cannot be adopted: \(error)")
      }
    }
  }

  private func program() throws(CommandFailure) -> LaunchOptions.Command {
    let here = try CallerEnvironment.currentDirectory()
    let path = CallerEnvironment.value(of: "PATH")
    let program = try ProgramLookup.find(command[0], path: path, currentDirectory: here)
    var result = LaunchOptions.Command([program] + command.dropFirst())
    result.terminal = terminal
    result.workingDirectory = try directory(from: here)
    result.environment = try CallerEnvironment.environment(adding: setenv)
    return result
  }

  private func directory(from here: String) throws(CommandFailure) -> String {
    guard let workingDirectory else { return here }
    let whole = ProgramLookup.absolute(workingDirectory, in: here)
    var status = stat()
    guard !workingDirectory.isEmpty, stat(whole, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      throw .usage("--working-directory “\(shown(workingDirectory))” is not a directory")
    }
    return whole
  }

  private static func application(_ text: String) throws(CommandFailure) -> LaunchOptions.Application {
    do { return try LaunchOptions.Application(text) } catch {
      throw .usage(
        "--return-dbus “\(shown(text, limit: 80))” is not a name on the bus, or one with an object's path",
        remedy: "write it as org.example.App or org.example.App/org/example/App")
    }
  }

  private static func commandToReturn(_ text: String) throws(CommandFailure) -> [String] {
    let words: [String]
    do { words = try CommandWords.split(text) } catch {
      throw .usage("--return-command “\(shown(text, limit: 80))”: \(error)")
    }
    guard let name = words.first else { throw .usage("--return-command: it is empty") }
    let here = try CallerEnvironment.currentDirectory()
    return [try ProgramLookup.find(name, path: CallerEnvironment.value(of: "PATH"), currentDirectory: here)]
      + words.dropFirst()
  }

  private func engineSettings() throws(CommandFailure) -> [String: String] {
    var result: [String: String] = [:]
    for setting in settings {
      guard let equals = setting.firstIndex(of: "="), equals != setting.startIndex else {
        throw .usage(
          "--set “\(shown(setting, limit: 80))” is not a key and its value", remedy: "write it as KEY=VALUE")
      }
      result[String(setting[..<equals])] = String(setting[setting.index(after: equals)...])
    }
    return result
  }
}

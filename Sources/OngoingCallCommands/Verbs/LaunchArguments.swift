// SPDX-License-Identifier: Apache-2.0
import CallModel
import Glibc
import OngoingCall

// MARK: - From the command line to the request

extension Launch {
  func request() throws(CommandFailure) -> LaunchRequest {
    var request = try whatToLaunch()
    request.engine = engine
    let settings = try engineSettings()
    request.engineSettings = try privacy.settings(calling: uri, besides: settings).merging(settings) { $1 }
    request.devices = devices.choice
    request.call.$title.given = title
    request.call.name = name
    request.call.account = noAccount ? "" : account
    request.call.applicationID = applicationID ?? ""
    request.call.token = token ?? request.call.token
    request.call.terminal = terminal
    if terminal, let size = Screen.callersSize {
      (request.call.terminalColumns, request.call.terminalRows) = (size.columns, size.rows)
    }
    request.call.hangUpGrace = hangUpGrace
    request.call.$launchTimeout.given = launchTimeout
    request.call.$reconnectTimeout.given = reconnectTimeout
    request.call.$aloneTimeout.given = aloneTimeout
    request.call.$inhibitsSleep.given = allowSleep ? false : nil
    request.call.$inhibitsLidSwitch.given = inhibitLidSwitch
    request.call.$pausesPlayers.given = keepPlaying ? false : nil
    request.call.$lingers.given = linger
    request.call.startMuted = muted
    request.call.notification = try look.notification()
    request.call.channel = look.channel
    request.call.returnApplication = try returnDbus.map(Self.application)
    request.call.returnCommand = try returnCommand.map(Self.commandToReturn)
    if let problem = request.problem {
      var failure = CommandFailure(problem)
      if let uri { failure.remedy = LaunchedProgram.remedy([uri]) }
      throw failure
    }
    return request
  }

  private func whatToLaunch() throws(CommandFailure) -> LaunchRequest {
    if let adopt { return LaunchRequest(process: try process(adopt)) }
    guard let uri else { return try program() }
    do {
      _ = try CallTarget(uri)
      return LaunchRequest(address: uri)
    } catch {
      throw .usage(
        "“\(shown(uri, limit: 100))”: \(error)",
        remedy: error == .noScheme ? LaunchedProgram.remedy([uri]) ?? Self.programsRemedy : nil)
    }
  }

  private static let programsRemedy = "a program goes after “--”: ongoingcallctl launch -- PROGRAM"

  /// What is no name that can be called may be a program.
  func ask(_ request: LaunchRequest, _ client: CallsClient) throws -> String {
    do { return try client.ask(.launch(request)) } catch {
      var failure = CommandFailure(error)
      if failure.name == BusErrorName.invalidOption, account == nil, let uri, case .name? = try? CallTarget(uri) {
        failure.remedy = LaunchedProgram.remedy([uri]) ?? Self.programsRemedy
      }
      throw failure
    }
  }

  private func process(_ number: UInt32) throws(CommandFailure) -> BusDescriptor {
    guard let process = Int32(exactly: number), process > 0 else {
      throw .usage("--adopt \(number): not a process ID")
    }
    do { return try BusDescriptor(ofProcess: process) } catch {
      switch error.errno {
      case ESRCH: throw .usage("--adopt \(process): no such process", remedy: "find its PID with pgrep -a NAME")
      case EINVAL, ENOENT:
        throw .usage(
          "--adopt \(process): this is a thread, not a process",
          remedy: "give the PID of the process that the thread belongs to")
      default: throw CommandFailure(.failure, "not-adopted", "cannot adopt the process \(process): \(error)")
      }
    }
  }

  private func program() throws(CommandFailure) -> LaunchRequest {
    let here = try CallerEnvironment.currentDirectory()
    let path = CallerEnvironment.value(of: "PATH")
    let program = try ProgramLookup.find(command[0], path: path, currentDirectory: here)
    var request = LaunchRequest(command: [program] + command.dropFirst())
    request.call.workingDirectory = try directory(from: here)
    request.call.environment = try CallerEnvironment.environment(adding: setenv)
    return request
  }

  private func directory(from here: String) throws(CommandFailure) -> String {
    guard let workingDirectory else { return here }
    let whole = ProgramLookup.absolute(workingDirectory, in: here)
    var status = stat()
    guard !workingDirectory.isEmpty, stat(whole, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      throw .usage("--working-directory “\(shown(workingDirectory))”: not a directory")
    }
    return whole
  }

  private static func application(_ text: String) throws(CommandFailure) -> ReturnTarget.Application {
    do { return try ReturnTarget.Application(text) } catch {
      throw .usage(
        "--return-dbus “\(shown(text, limit: 80))”: not a D-Bus name, or a D-Bus name with an object path",
        remedy: "write it as org.example.App or org.example.App/org/example/App")
    }
  }

  private static func commandToReturn(_ text: String) throws(CommandFailure) -> [String] {
    let words: [String]
    do { words = try CommandWords.split(text) } catch {
      throw .usage("--return-command “\(shown(text, limit: 80))”: \(error)")
    }
    guard let name = words.first else { throw .usage("--return-command: the command is empty") }
    let here = try CallerEnvironment.currentDirectory()
    return [try ProgramLookup.find(name, path: CallerEnvironment.value(of: "PATH"), currentDirectory: here)]
      + words.dropFirst()
  }

  private func engineSettings() throws(CommandFailure) -> [String: String] {
    var result: [String: String] = [:]
    for setting in settings {
      guard let equals = setting.firstIndex(of: "="), equals != setting.startIndex else {
        throw .usage("--set “\(shown(setting, limit: 80))”: write it as KEY=VALUE")
      }
      result[String(setting[..<equals])] = String(setting[setting.index(after: equals)...])
    }
    return result
  }
}

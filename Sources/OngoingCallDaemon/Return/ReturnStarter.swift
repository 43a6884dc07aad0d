// SPDX-License-Identifier: Apache-2.0
import CallModel
import LinuxFiles
import Logging
import Systemd

/// Starts a program that shows a call, in a transient service of its own. The program outlives the daemon, and gets the
/// environment of the user's graphical session from the service manager, because the daemon may not have it.
@EventLoopActor
final class ReturnStarter {
  private static let unitExists = "org.freedesktop.systemd1.UnitExists"

  private let manager: ServiceManager
  private let logger: Logger
  private var number: UInt32 = 0
  /// The watches, by unit.
  private var watches: [String: (BusSlot, EventSource)] = [:]

  init(manager: ServiceManager, logger: Logger) { (self.manager, self.logger) = (manager, logger) }

  /// Returns the unit once its program runs. `onFailure` is called if it fails soon after.
  ///
  /// - Parameter onlyOne: starts nothing where one of the session runs, whichever daemon started it.
  func start(
    _ command: [String], for session: Session, _ token: ActivationToken?, onlyOne: Bool = false,
    onFailure: @escaping @EventLoopActor (_ unit: String, _ problem: String) -> Void
  ) async throws(ReturnFailure) -> String {
    let unit = onlyOne ? name(session, 0) : unusedName(session)
    let name = command[0].split(separator: "/").last.map(String.init) ?? command[0]
    var failure: String?
    do throws(BusError) {
      let slot = try manager.onFailure(of: unit) { [weak self] kind, status in
        let problem = "“\(name)” failed at once (\(kind), status \(status))"
        failure = failure ?? problem
        // Report only a unit that was running, and only once: a failing service changes more than once.
        if self?.watches.removeValue(forKey: unit) != nil { onFailure(unit, problem) }
      }
      try await manager.startTransient(unit, Self.properties(command, session, token))
      if failure == nil { watch(unit, slot) }
    } catch  where onlyOne && error.name == Self.unitExists {
      return unit
    } catch { failure = failure ?? "“\(name)” could not be started: \(error.message)" }
    if let failure { throw ReturnFailure(failure, unit: unit) }
    return unit
  }

  private func watch(_ unit: String, _ slot: BusSlot) {
    do {
      watches[unit] = (
        slot, try EventSource.timer(after: Wait.returnFails) { [weak self] in self?.watches[unit] = nil }
      )
    } catch { logger.warning("\(error)") }
  }

  /// A number that no earlier daemon has used, because its units may still be running.
  private func unusedName(_ session: Session) -> String {
    number = max(number &+ 1, UInt32(truncatingIfNeeded: SystemClock.realtime.now / 1000))
    return name(session, number)
  }

  private func name(_ session: Session, _ number: UInt32) -> String {
    ReturnUnit.name(application: session.spec.applicationID, session: session.id.description, number: number)
  }

  /// systemd.exec(5), systemd.service(5), systemd.unit(5).
  private static func properties(
    _ command: [String], _ session: Session, _ token: ActivationToken?
  ) -> [(String, BusValue)] {
    var environment = ["\(EnvironmentName.session)=\(session.id)"]
    if let token {
      environment += [EnvironmentName.activationToken, EnvironmentName.desktopStartupID].map { "\($0)=\(token.text)" }
    }
    return [
      ("Description", .string("Return to the call: \(session.spec.title)")),
      ("Type", .string("exec")),
      // What the program leaves behind is what the user wanted: many programs hand over to another process and exit.
      ("ExitType", .string("cgroup")),
      ("ExecStart", ServiceManager.execution(command)),
      ("Environment", .strings(environment)),
      // As in engines' units.
      ("LogLevelMax", .int32(EngineUnit.quiet)),
      ("Slice", .string("app.slice")),
      ("CollectMode", .string("inactive-or-failed")),
    ]
  }

  // MARK: The window

  /// The command line of the window that shows this call; nil where it is not installed, or has no screen.
  func window(showing session: Session) async -> [String]? {
    guard let program = SearchPath.besideThisProgram(WindowName.executable) else { return nil }
    let files = await FileFacts.asked { files in _ = files.isExecutable(program) }
    // Where the files do not answer, the terminal is looked for, and tells so.
    guard files.trouble == nil, files.isExecutable(program), let variables = try? await variables() else { return nil }
    return Self.hasScreen(variables) ? [program, session.id.description] : nil
  }

  private static func hasScreen(_ variables: [String: String]) -> Bool {
    EnvironmentName.displays.contains { variables[$0]?.isEmpty == false }
  }

  // MARK: Terminals

  /// Those of the user's manager, which knows the graphical session.
  private func variables() async throws(BusError) -> [String: String] {
    var variables: [String: String] = [:]
    for variable in try await manager.environment() {
      guard let equals = variable.firstIndex(of: "=") else { continue }
      variables[String(variable[..<equals])] = String(variable[variable.index(after: equals)...])
    }
    return variables
  }

  /// The command line of a terminal that shows what the control tool does with these arguments.
  func terminal(showing arguments: [String]) async throws(BusError) -> [String] {
    let variables = try await variables()
    let path = variables["PATH"] ?? Environment["PATH"] ?? SearchPath.standard
    let preferred = variables[EnvironmentName.terminal]
    let desktops = variables[EnvironmentName.currentDesktop] ?? ""
    let beside = SearchPath.besideThisProgram(ToolName.control)
    let files = await FileFacts.asked { files in
      if let beside { _ = files.isExecutable(beside) }
      _ = files.program(ToolName.control, path: path)
      // Finds none, so all of them are looked up.
      _ = TerminalEmulator.commandLine(running: [], preferred: preferred, on: desktops) {
        _ = files.program($0, path: path)
        return nil
      }
    }
    if let trouble = files.trouble {
      throw BusError(BusError.failed, "cannot look for a terminal emulator: \(trouble)")
    }
    let find = { (name: String) in files.program(name, path: path) }
    guard let control = beside.flatMap({ files.isExecutable($0) ? $0 : nil }) ?? find(ToolName.control) else {
      throw BusError(BusError.failed, "cannot find \(ToolName.control) in \(path); it shows the terminal")
    }
    let command = [control] + arguments
    let hasScreen = Self.hasScreen(variables)
    guard
      let line = TerminalEmulator.commandLine(
        running: command, preferred: preferred, on: desktops, hasScreen: hasScreen, find: find)
    else {
      let words = arguments.joined(separator: " ")
      let problem = hasScreen ? "no terminal emulator in \(path)" : "you have no graphical session"
      throw BusError(BusError.failed, "\(problem); in a terminal, run: \(ToolName.control) \(words)")
    }
    return line
  }
}

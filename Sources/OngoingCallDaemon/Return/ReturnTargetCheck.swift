// SPDX-License-Identifier: Apache-2.0
import CallModel
import CallNotification
import LinuxFiles
import Systemd

/// A token with which a window may come to the front. The desktop gave it to the application in which the user acted.
struct ActivationToken: Equatable, Sendable {
  let text: String

  /// nil if the token cannot be passed on.
  init?(_ text: String) {
    guard (1...Limit.activationTokenBytes).contains(text.utf8.count),
      text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
    else { return nil }
    self.text = text
  }

  /// Reads it from a platform data dictionary, whose other keys are ignored.
  init?(platformData: [(String, BusValue)]) throws(CallRefusal) {
    for key in [PlatformKey.activationToken, PlatformKey.desktopStartupID] {
      guard let value = platformData.first(where: { $0.0 == key })?.1 else { continue }
      guard let text = value.asString else {
        throw .invalidOption(key, "its type is \(value.signature); it must be s")
      }
      if text.isEmpty { continue }
      guard let token = ActivationToken(text) else {
        throw .invalidOption(
          key, "it must be at most \(Limit.activationTokenBytes) bytes without control characters")
      }
      self = token
      return
    }
    return nil
  }
}

extension ReturnTarget {
  /// Whether there is what it names. A program becomes an absolute path: it is run on the user's behalf, and whoever may
  /// not run commands may not give one here.
  ///
  /// - Parameter parent: the option that has it in its value.
  mutating func check(in parent: String? = nil, _ files: FileFacts) throws(CallRefusal) {
    if let application, !BusSyntax.isName(application.name) {
      let problem = "its first string is not a D-Bus name"
      throw CallRefusal(OptionProblem(LaunchOption.returnDBus, problem).inside(parent))
    }
    guard let command else { return }
    do { self.command = [try files.program(command[0])] + command.dropFirst() } catch {
      throw CallRefusal(error.inside(LaunchOption.returnCommand).inside(parent))
    }
  }
}

extension FileFacts {
  /// The program of that name, absolute.
  func program(_ name: String, _ environment: [String] = []) throws(OptionProblem) -> String {
    let shown = DisplayText(String(name.prefix(256)))
    if name.contains("/") {
      guard name.hasPrefix("/") else {
        throw OptionProblem("", "“\(shown)” is neither an absolute path nor a plain name")
      }
      guard isExecutable(name) else {
        throw OptionProblem("", "“\(shown)” does not exist, or is not an executable file")
      }
      return name
    }
    let path = environment.last { $0.hasPrefix("PATH=") }.map { String($0.dropFirst(5)) } ?? Environment["PATH"]
    guard let program = program(name, path: path ?? SearchPath.standard) else {
      let folders = path.map { DisplayText(String($0.prefix(1024))).description } ?? "PATH"
      throw OptionProblem("", "there is no program “\(shown)” in \(folders)")
    }
    return program
  }
}

extension LaunchSpec {
  /// Whether the user can return to the program's terminal.
  var hasTerminal: Bool { call.terminal && command != nil }

  /// Where a click leads. The notification's own target overrides the launch's.
  var wayBack: ReturnTarget? { call.notification?.returnTarget ?? call.returnTarget }

  /// Whether a terminal shows what becomes of the call, because nothing else does. An application that has given its id
  /// may listen.
  var hasView: Bool { uri != nil && wayBack == nil && call.applicationID.isEmpty }

  /// Whether returning has any known effect.
  var canBeReturnedTo: Bool { wayBack != nil || hasTerminal || hasView || !call.applicationID.isEmpty }
}

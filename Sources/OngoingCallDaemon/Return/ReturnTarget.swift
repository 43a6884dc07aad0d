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

extension OptionDictionary {
  /// Everything that a launch, or a notification, says about returning to the call, checked.
  func returnTarget(_ files: FileFacts) throws(CallRefusal) -> ReturnTarget? {
    let target = ReturnTarget(application: try returnApplication(), command: try returnCommand(files))
    return target == ReturnTarget() ? nil : target
  }

  private func returnApplication() throws(CallRefusal) -> ReturnTarget.Application? {
    guard let value = self[LaunchOption.returnDBus] else { return nil }
    guard let fields = value.asStructure, let name = fields[0].asString, let path = fields[1].asObjectPath,
      BusSyntax.isName(name)
    else { throw problem(LaunchOption.returnDBus, "its first string is not a D-Bus name") }
    return ReturnTarget.Application(name: name, path: path)
  }

  /// It runs on the user's behalf, so a caller that may not run commands may not give one.
  private func returnCommand(_ files: FileFacts) throws(CallRefusal) -> [String]? {
    let option = LaunchOption.returnCommand
    guard let command = strings(option) else { return nil }
    guard let name = command.first, !name.isEmpty else { throw problem(option, "it names no program") }
    try check(option, command, atMost: Limit.returnCommandStrings, bytes: Limit.returnCommandBytes)
    return [try program(name, for: option, files)] + command.dropFirst()
  }

  /// The program of `option`, as an absolute path.
  func program(
    _ name: String, _ environment: [String] = [], for option: String, _ files: FileFacts
  ) throws(CallRefusal) -> String {
    let shown = DisplayText(String(name.prefix(256)))
    if name.contains("/") {
      guard name.hasPrefix("/") else {
        throw problem(option, "“\(shown)” is neither an absolute path nor a plain name")
      }
      guard files.isExecutable(name) else {
        throw problem(option, "“\(shown)” does not exist, or is not an executable file")
      }
      return name
    }
    let path = environment.last { $0.hasPrefix("PATH=") }.map { String($0.dropFirst(5)) } ?? Environment["PATH"]
    guard let program = files.program(name, path: path ?? SearchPath.standard) else {
      let folders = path.map { DisplayText(String($0.prefix(1024))).description } ?? "PATH"
      throw problem(option, "there is no program “\(shown)” in \(folders)")
    }
    return program
  }
}

extension LaunchSpec {
  /// Whether the user can return to the program's terminal.
  var hasTerminal: Bool { terminal && command != nil }

  /// Where a click leads. The notification's own target overrides the launch's.
  var wayBack: ReturnTarget? { notification?.returnTarget ?? returnTarget }

  /// Whether returning has any known effect. An application that has given its id may listen.
  var canBeReturnedTo: Bool { wayBack != nil || hasTerminal || !applicationID.isEmpty }
}

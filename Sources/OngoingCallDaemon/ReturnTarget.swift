// SPDX-License-Identifier: Apache-2.0
import OngoingCallNames
import Systemd

/// Where a session's user came from, and is brought back to. One of the two at least is there.
struct ReturnTarget: Codable, Equatable, Sendable {
  /// An application on the bus.
  struct Application: Codable, Equatable, Sendable {
    var name: String
    var path: String
  }

  var application: Application?
  /// The program, absolute, and its arguments.
  var command: [String]?
}

/// What lets a window come to the front: the desktop gave it to whoever the user acted in.
struct ActivationToken: Equatable, Sendable {
  let text: String

  /// nil where it is none that can be handed on.
  init?(_ text: String) {
    guard (1...Limit.activationTokenBytes).contains(text.utf8.count),
      text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
    else { return nil }
    self.text = text
  }

  /// Of a platform data dictionary; other keys of it are somebody else's.
  init?(platformData: [(String, BusValue)]) throws(CallsError) {
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

extension LaunchOptions {
  /// The whole of what a launch says of returning to it, checked.
  func returnTarget() throws(CallsError) -> ReturnTarget? {
    let target = ReturnTarget(application: try returnApplication(), command: try returnCommand())
    return target == ReturnTarget() ? nil : target
  }

  private func returnApplication() throws(CallsError) -> ReturnTarget.Application? {
    guard let value = values[LaunchOption.returnDBus] else { return nil }
    guard let fields = value.asStructure, let name = fields[0].asString, let path = fields[1].asObjectPath,
      BusSyntax.isName(name)
    else { throw .invalidOption(LaunchOption.returnDBus, "its first string is not a name on the bus") }
    return ReturnTarget.Application(name: name, path: path)
  }

  /// What is run on the user's behalf: whoever may not run commands may not give one here.
  private func returnCommand() throws(CallsError) -> [String]? {
    let option = LaunchOption.returnCommand
    guard let command = strings(option) else { return nil }
    guard let name = command.first, !name.isEmpty else { throw .invalidOption(option, "it names no program") }
    try atMost(Limit.returnCommandStrings, Limit.returnCommandBytes, option, command)
    return [try resolve(name, for: option)] + command.dropFirst()
  }
}

extension LaunchSpec {
  /// The program's terminal is what is returned to.
  var hasTerminal: Bool { terminal && command != nil }

  /// Whether to return does anything that is known of. An application that has said which one it is may listen.
  var canBeReturnedTo: Bool { returnTarget != nil || hasTerminal || !applicationID.isEmpty }
}

// SPDX-License-Identifier: Apache-2.0
package import CallModel

/// What to launch, and how (`packaging/dbus-1/org.ongoingcall.Calls1.xml`, Launch).
package struct LaunchOptions: Sendable, Equatable {
  package enum Call: Sendable, Equatable {
    case address(String)
    case command(Command)
    /// One that is the call already, by its descriptor (``BusDescriptor/init(ofProcess:)``).
    case process(BusDescriptor)
  }

  package struct Command: Sendable, Equatable {
    /// The program and its arguments, which arrive in it as they are.
    package var arguments: [String]
    package var terminal = false
    package var workingDirectory: String?
    /// `NAME=VALUE`
    package var environment: [String] = []

    package init(_ arguments: [String]) { self.arguments = arguments }
  }

  /// An application on the bus, which has org.freedesktop.Application.
  package struct Application: Sendable, Equatable {
    package var name: String
    package var path: String

    package init(name: String, path: String) { (self.name, self.path) = (name, path) }
  }

  package var call: Call
  package var engine: String?
  package var engineSettings: [String: String] = [:]
  package var title: String?
  package var applicationID: String?
  /// The same token gives the same session.
  package var token = Self.randomToken()
  /// Seconds
  package var launchTimeout: UInt32?
  /// Seconds
  package var reconnectTimeout: UInt32?
  /// Seconds; 0 is never
  package var aloneTimeout: UInt32?
  package var inhibitsSleep = true
  /// Seconds that a process has to end by itself when the user hangs up.
  package var hangUpGrace: UInt32?
  /// Whether the call is to go on after the last logout: the user lingers until it has ended. Where true is refused,
  /// nothing is launched; nil is what the daemon's configuration says.
  package var lingers: Bool?
  package var startMuted = false
  /// Names of sound devices; "" is the default one.
  package var microphone: String?
  package var speaker: String?
  /// nil: the one that was built before on this connection, or the notification of any call.
  package var notification: CustomNotification?
  /// The id of the notification's channel, where the notification names none.
  package var channel: String?
  /// Where the user comes from, and is brought back to; the application is tried first.
  package var returnApplication: Application?
  /// The same: a program and its arguments.
  package var returnCommand: [String] = []

  package init(_ call: Call) { self.call = call }

  var isAdoption: Bool { if case .process = call { true } else { false } }

  /// 128 random bits, in hexadecimal.
  package static func randomToken() -> String {
    (0..<2).map { _ in
      let half = String(UInt64.random(in: .min ... .max), radix: 16)
      return String(repeating: "0", count: 16 - half.count) + half
    }.joined()
  }

  /// As `a{sv}`; what was not chosen is left to the daemon.
  var encoded: BusValue {
    var options: [String: BusValue] = [LaunchOption.token: .string(token)]
    switch call {
    case .process(let process): options[LaunchOption.adoptPIDFD] = .descriptor(process)
    case .address(let address): options[LaunchOption.uri] = .string(address)
    case .command(let command):
      options[LaunchOption.command] = .strings(command.arguments)
      options[LaunchOption.terminal] = command.terminal ? .bool(true) : nil
      options[LaunchOption.workingDirectory] = command.workingDirectory.map(BusValue.string)
      options[LaunchOption.environment] = command.environment.isEmpty ? nil : .strings(command.environment)
    }
    options[LaunchOption.engine] = engine.map(BusValue.string)
    options[LaunchOption.engineSettings] = engineSettings.isEmpty ? nil : .stringDictionary(engineSettings)
    options[LaunchOption.title] = title.map(BusValue.string)
    options[LaunchOption.applicationID] = applicationID.map(BusValue.string)
    options[LaunchOption.launchTimeout] = launchTimeout.map(BusValue.uint32)
    options[LaunchOption.reconnectTimeout] = reconnectTimeout.map(BusValue.uint32)
    options[LaunchOption.aloneTimeout] = aloneTimeout.map(BusValue.uint32)
    options[LaunchOption.hangUpGrace] = hangUpGrace.map(BusValue.uint32)
    options[LaunchOption.inhibitSleep] = inhibitsSleep ? nil : .bool(false)
    options[LaunchOption.linger] = lingers.map(BusValue.bool)
    options[LaunchOption.startMuted] = startMuted ? .bool(true) : nil
    options[LaunchOption.microphone] = microphone.map(BusValue.string)
    options[LaunchOption.speaker] = speaker.map(BusValue.string)
    options[LaunchOption.notification] = notification.map(\.encoded)
    options[LaunchOption.channel] = channel.map(BusValue.string)
    options[LaunchOption.returnDBus] = returnApplication.map {
      .structure([.string($0.name), .objectPath($0.path)])
    }
    options[LaunchOption.returnCommand] = returnCommand.isEmpty ? nil : .strings(returnCommand)
    return .dictionary(options)
  }
}

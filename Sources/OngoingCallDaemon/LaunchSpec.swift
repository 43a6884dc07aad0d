// SPDX-License-Identifier: Apache-2.0
import CallNotification
import CallSession
import EngineChannel

/// What a session was launched with, checked.
struct LaunchSpec: Codable, Equatable, Sendable {
  var engine: EngineDescriptor
  var uri: String?
  var command: [String]?
  var terminal = false
  var workingDirectory: String?
  var environment: [String] = []
  var settings: [String: String] = [:]
  var title: String
  var applicationID = ""
  var token: String?
  var launchTimeout: UInt32 = Limit.defaultLaunchTimeoutSeconds
  /// Seconds that a lost connection may take to come back.
  var reconnectTimeout: UInt32 = Limit.defaultReconnectTimeoutSeconds
  /// Seconds after which a call that nobody else is in ends; 0 is never.
  var aloneTimeout: UInt32 = Limit.defaultAloneTimeoutSeconds
  /// Whether the machine is kept from going to sleep while the call is joined, where policy lets the user ask for that.
  var inhibitsSleep = true
  /// Whether the user is to linger until the call has ended.
  var lingers = false
  var startMuted = false
  /// Where the user came from.
  var returnTarget: ReturnTarget?
  /// What the application wants its notification to be.
  var notification: CustomNotification?
  /// As it was at launch; nil is the default one.
  var channel: NotificationChannel?

  var join: EngineRequest.Join {
    EngineRequest.Join(
      uri: uri, command: command, terminal: terminal, workingDirectory: workingDirectory, environment: environment,
      settings: settings, muted: startMuted)
  }
}

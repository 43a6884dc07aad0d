// SPDX-License-Identifier: Apache-2.0

/// The names of the D-Bus API, version 1 (`packaging/dbus-1/org.ongoingcall.Calls1.xml`).
public enum BusName {
  public static let service = "org.ongoingcall.Calls1"
  public static let rootPath = "/org/ongoingcall/Calls1"
  /// The name of the first element of `EventsSince` where older events are not known any more.
  public static let eventsForgotten = "events-forgotten"
  public static let sessionsPath = "/org/ongoingcall/Calls1/session"
  public static let sessionPathPrefix = sessionsPath + "/"
  public static let managerInterface = "org.ongoingcall.Calls1.Manager"
  public static let sessionInterface = "org.ongoingcall.Calls1.Session"

  public static let accountsPath = "/org/ongoingcall/Calls1/account"
  public static let accountInterface = "org.ongoingcall.Calls1.Account"

  public static func accountPath(_ id: String) -> String { "\(accountsPath)/\(id)" }

  public static func sessionPath(_ id: String) -> String { sessionPathPrefix + id }
}

/// The options of `Launch` that code besides their rows (``LaunchRequest``) speaks of.
public enum LaunchOption {
  public static let uri = "uri"
  public static let command = "command"
  public static let adoptPID = "adopt-pid"
  public static let adoptPIDFD = "adopt-pidfd"
  public static let terminal = "terminal"
  public static let terminalColumns = "terminal-columns"
  public static let terminalRows = "terminal-rows"
  public static let workingDirectory = "working-directory"
  public static let engine = "engine"
  public static let engineSettings = "engine-settings"
  public static let name = "name"
  public static let token = "token"
  public static let startMuted = "start-muted"
  public static let notification = "notification"
  public static let channel = "channel"
  public static let account = "account"
  public static let returnDBus = "return-dbus"
  public static let returnCommand = "return-command"
}

/// Keys of `SetAudio`'s `a{sv}`, and the engine settings that they are.
public enum AudioKey {
  public static let microphone = "microphone"
  public static let speaker = "speaker"
}

/// The keys of a custom notification that code besides their rows (``CustomNotification``) speaks of.
public enum NotificationKey {
  public static let icon = "icon"
  public static let actions = "actions"
  public static let channel = "channel"
}

/// The same, of a notification channel.
public enum ChannelKey {
  public static let id = "id"
}

/// D-Bus error names, `org.ongoingcall.Calls1.Error.*`.
public enum BusErrorName {
  package static let prefix = "org.ongoingcall.Calls1.Error."
  public static let noSuchSession = prefix + "NoSuchSession"
  public static let ambiguousSession = prefix + "AmbiguousSession"
  public static let invalidOption = prefix + "InvalidOption"
  public static let engineNotFound = prefix + "EngineNotFound"
  public static let engineFailed = prefix + "EngineFailed"
  public static let notPermitted = prefix + "NotPermitted"
  public static let limitReached = prefix + "LimitReached"
  public static let notSupported = prefix + "NotSupported"
  public static let sessionEnded = prefix + "SessionEnded"
  public static let returnFailed = prefix + "ReturnFailed"
  public static let outcomeUnknown = prefix + "OutcomeUnknown"

  /// In the order in which they are documented.
  package static let all = [
    noSuchSession, ambiguousSession, invalidOption, engineNotFound, engineFailed, notPermitted, limitReached,
    notSupported, sessionEnded, returnFailed, outcomeUnknown,
  ]
}

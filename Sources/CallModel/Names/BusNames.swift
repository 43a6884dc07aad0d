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

  public static func sessionPath(_ id: String) -> String { sessionPathPrefix + id }
}

public enum ManagerMember {
  public static let launch = "Launch"
  public static let abort = "Abort"
  public static let eventsSince = "EventsSince"
  public static let describe = "Describe"
  public static let createNotificationChannel = "CreateNotificationChannel"
  public static let deleteNotificationChannel = "DeleteNotificationChannel"
  public static let buildOngoingConferenceNotification = "BuildOngoingConferenceNotification"
}

public enum ManagerProperty {
  public static let version = "Version"
  public static let engines = "Engines"
  public static let notificationSurface = "NotificationSurface"
  public static let notificationChannels = "NotificationChannels"
  public static let sequence = "Sequence"
}

public enum SessionMember {
  public static let abort = "Abort"
  public static let hangUp = "HangUp"
  public static let `return` = "Return"
  public static let setMuted = "SetMuted"
  public static let setOnHold = "SetOnHold"
  public static let sendDtmf = "SendDtmf"
  public static let setAudio = "SetAudio"
  public static let startRecording = "StartRecording"
  public static let stopRecording = "StopRecording"
  public static let setNotification = "SetNotification"
  public static let attachTerminal = "AttachTerminal"
  public static let event = "Event"
}

public enum SessionProperty {
  public static let id = "Id"
  public static let title = "Title"
  public static let applicationID = "ApplicationId"
  public static let uri = "Uri"
  public static let engine = "Engine"
  public static let unit = "Unit"
  public static let state = "State"
  public static let endReason = "EndReason"
  public static let endDetail = "EndDetail"
  public static let adopted = "Adopted"
  public static let muted = "Muted"
  public static let onHold = "OnHold"
  public static let launchedAt = "LaunchedAt"
  public static let joinedAt = "JoinedAt"
  public static let duration = "Duration"
  public static let token = "Token"
  public static let survivesLogout = "SurvivesLogout"
  public static let media = "Media"
  public static let recording = "Recording"
  public static let notification = "Notification"
}

/// The options of `Launch` that code besides their rows (``LaunchRequest``) speaks of.
public enum LaunchOption {
  public static let uri = "uri"
  public static let command = "command"
  public static let adoptPID = "adopt-pid"
  public static let adoptPIDFD = "adopt-pidfd"
  public static let terminal = "terminal"
  public static let workingDirectory = "working-directory"
  public static let engine = "engine"
  public static let engineSettings = "engine-settings"
  public static let token = "token"
  public static let startMuted = "start-muted"
  public static let notification = "notification"
  public static let channel = "channel"
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

/// Keys of a session's `Notification`.
public enum NotificationPlaceKey {
  public static let state = "state"
  public static let server = "server"
}

/// Keys of the details in a session's `Event` signal.
public enum EventDetail {
  public static let reason = "reason"
  public static let detail = "detail"
  public static let muted = "muted"
  public static let onHold = "on-hold"
  public static let exitStatus = "exit-status"
  public static let activationToken = "activation-token"
  public static let grace = "grace"
  public static let action = "action"
  public static let file = "file"
  public static let microphone = "microphone"
  public static let speaker = "speaker"
  public static let fallback = "fallback"
  /// Of the signal only: there are others, which `EventsSince` has for those who may see the session.
  public static let more = "more"

  /// Those that the signal has.
  public static let announced: Set = [reason, muted, onHold, exitStatus, grace]
}

/// Keys of a session's `Media`.
public enum MediaKey {
  public static let sent = "sent"
  public static let received = "received"
  public static let lost = "lost"
  public static let roundTrip = "round-trip-ms"
  public static let jitter = "jitter-ms"
  public static let codec = "codec"
  public static let levelSent = "level-sent"
  public static let levelReceived = "level-received"
  public static let microphone = "microphone"
  public static let speaker = "speaker"
  public static let fallback = "fallback"
  public static let echoCancellation = "echo-cancellation"
}

/// D-Bus error names, `org.ongoingcall.Calls1.Error.*`.
public enum BusErrorName {
  static let prefix = "org.ongoingcall.Calls1.Error."
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
}

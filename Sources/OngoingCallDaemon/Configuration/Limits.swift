// SPDX-License-Identifier: Apache-2.0
import EngineChannel

/// What the daemon allows, and how long it waits. The bounds of options are in their rows (`Sources/CallModel/Requests`).
enum Limit {
  /// Sessions that have not ended.
  static let sessions = 128
  /// Of them, those of one application in a sandbox.
  static let sessionsOfSandbox = 16
  /// Sessions that have ended, and of which the far end does not know yet.
  static let farewells = 128
  /// Both, of all applications in sandboxes together: of each, half is left to the user.
  static let sessionsOfSandboxes = 64
  /// Sessions that have ended, of one application in a sandbox; older ones are forgotten before their time.
  static let endedSessionsOfSandbox = 32
  static let pathBytes = 4096
  /// As the engine channel has it.
  static let recordingPathBytes = EngineProtocol.maximumPathLength
  /// Callers that wait for one call's recording to begin or to end.
  static let recordingWaiters = 16
  static let dtmfDigits = 64
  /// Rounds in which what a process has forked is moved with it.
  static let gatheringTries = 16
  /// Events that are kept for clients that were away.
  static let events = 1024
  /// Of those, of one session and with the same name.
  static let alikeEvents = 64
  /// Events in one session's record.
  static let eventsInRecord = 256
  /// More than there can ever have been; a number that JSON carries everywhere.
  static let sequence: UInt64 = 1 << 53
  /// More events than a record that was lost can have counted further than all others.
  static let lostEvents: UInt64 = 1 << 20
  /// The largest file of ours, a record or a descriptor, that is read.
  static let fileBytes = 1024 * 1024
  /// The largest configuration file that is read, how many drop-ins are, and how many problems with them are told.
  static let configurationBytes = 64 * 1024
  static let configurationFiles = 256
  static let configurationProblems = 64
  /// The largest file of events: as many as are kept, each as large as it can be.
  static let historyBytes = 4 * 1024 * 1024
  /// Lines of one session in the journal that come at once, not counting its end.
  static let journalLines = 64
  /// Callers that wait for one call's end, for its launch, or for being brought back to it.
  static let waiters = 256
  /// Times that somebody is brought back to a call at once.
  static let returns = 16
  /// What may wait to be written to one engine, and what of that clients may ask for.
  static let requestedBacklogBytes = 64 * 1024
  static let channelBacklogBytes = 256 * 1024
  /// Callers of whom it is remembered who they are; of others it is found out again.
  static let rememberedCallers = 1024
  /// Tries in a row to connect to the system's bus, after which nobody is left to wait for it.
  static let systemBusTries = 4
  /// Calls of one of them that may wait for their turn.
  static let waitingCalls = 256
  /// The largest call that is looked at. What a launch may have is a fourth of it.
  static let callBytes = 256 * 1024
  /// Together with ``Wait/connectionRetry``, less than the unit's `TimeoutStartSec=`.
  static let connectionTries = 200
  static let dismissalPauseSeconds: ClosedRange<UInt32> = 1...3600
  static let defaultDismissalPauseSeconds: UInt32 = 30
  /// Tries to start a notification server that does not stay.
  static let notificationServerStarts = 8
  /// Changes of the server that are followed at once.
  static let notificationServerChanges = 16
  /// What a server says of itself, and lines in the journal about it.
  static let serverCapabilities = 64
  static let serverTextScalars = 64
  static let serverLines = 32
  /// The key of a notification's action; ours are shorter.
  static let actionKeyBytes = 128
  /// Uses of one notification's actions, and presses that end its call, that come at once.
  static let uses = 16
  static let endings = 8
  /// Pings an engine may leave unanswered.
  static let unansweredPings = 3
  /// The same of one that is pinged only now and then.
  static let unansweredRarePings = 2
  /// As often as that, after each of which it is looked at again, an engine that does not answer is excused because the
  /// machine does not let it.
  static let excuses = 30
  /// Reports of its counters in a row in which an engine may have sent no packet, though it should.
  static let stillReports = 5
  /// An image file that a notification server is given to read.
  static let iconFileBytes = 4 * 1024 * 1024
  /// Notification channels that a user has.
  static let channels = 32
  /// Callers who have built a notification and not launched yet.
  static let builtNotifications = Quota(ofUser: 64, ofSandbox: 8, ofSandboxes: 64)
  static let activationTokenBytes = 1024
  /// Notices of calls that are gone, which wait to be seen.
  static let notices = Quota(ofUser: 16, ofSandbox: 4, ofSandboxes: 8)
  /// A command line that is shown to be typed.
  static let shownCommandBytes = 200
  /// Of what went wrong, where it is told to people.
  static let problemCharacters = 500
}

enum Wait {
  static let firstReport = Duration.seconds(10)
  static let busIsBuried = Duration.milliseconds(500)
  /// For an earlier daemon's process to be gone, and for its name; both are less than the unit's `TimeoutStartSec=`.
  static let otherDaemon = Duration.seconds(12)
  static let connectionRetry = Duration.milliseconds(100)
  /// For the system's bus to answer somebody who waits for it.
  static let systemBusAnswer = Duration.seconds(5)
  /// For the login manager on it, which answers at once or not at all.
  static let loginManagerAnswer = Duration.seconds(10)
  /// Until the system's bus, or the login manager on it, is tried again, when it has failed so often.
  static func systemBus(_ failures: Int) -> Duration {
    min(.seconds(30), .milliseconds(100 << min(max(failures - 1, 0), 9)))
  }
  /// A connection that has been there for so long is well.
  static let steadySystemBus = Duration.seconds(10)
  /// Between two questions of what the machine is about to do, however often it is said that something is.
  static let betweenQuestions = Duration.milliseconds(100)
  /// Until a session may have one more line in the journal when it has had too many, and one more return.
  static let journalLine = Duration.seconds(1)
  static let oneMoreReturn = Duration.seconds(1)
  /// Between two of the user's wishes for the same thing, so that what an engine is told is what a person can want.
  static let betweenWishes = Duration.milliseconds(50)
  /// For an engine to do one, before it is told the next.
  static let wish = Duration.seconds(1)
  /// A call that has been joined again for so long is well. Less than the time between crashes that a call is to
  /// survive without end; an engine that crashes at once is still given up.
  static let settle = Duration.seconds(3)
  /// A bit more than the bound within which an engine has told the far end of the call's end, or given that up.
  static let farewell = Duration.seconds(45)
  /// The same, where the daemon stops: the engine goes on without it.
  static let farewellsAtStop = Duration.seconds(3)
  /// A bit more than the bound within which an engine leaves.
  static let leave = Duration.seconds(3)
  /// The unit's `TimeoutStopSec=`, after which the service manager sends SIGKILL.
  static let unitStop = Duration.seconds(5)
  /// Until the daemon sends SIGKILL itself.
  static let stop = Duration.seconds(8)
  /// The same, where the daemon stops too: after the grace of an adopted process, and less than ``endOfAllCalls``.
  static let hurriedStop = Duration.seconds(3)
  /// An engine that hears of no daemon for so long leaves the call.
  static let leaseSeconds = 60
  /// Less than the daemon's `TimeoutStopSec=`, with time for the grace, ``hurriedStop`` and a busy machine.
  static let endOfAllCalls = Duration.seconds(12)
  /// What was written to the journal last has so long to get there, once the loop has ended.
  static let lastEntries = Duration.seconds(1)
  /// Less than logind waits for a delay inhibitor (`InhibitDelayMaxSec=`, 5 s).
  static let farEndsBeforeSleep = Duration.seconds(3)
  /// Between the user's dismissal of a notification and its return.
  static let dismissedNotification = Duration.seconds(Int(Limit.defaultDismissalPauseSeconds))
  /// Until a server that refused a notification is told it again, when it has refused it so often.
  static func notificationRetry(_ failures: Int) -> Duration { min(.seconds(60), .seconds(1 << min(failures, 6))) }
  /// A server that has not answered for so long shows nobody anything.
  static let notificationServer = Duration.seconds(5)
  /// For a server to say what is to be taken away before the daemon stops.
  static let lastNotifications = Duration.seconds(1)
  /// Before a server that has gone is started again, at first and at most.
  static let notificationServerStart = Duration.milliseconds(500)
  static let longestNotificationServerStart = Duration.seconds(60)
  static let steadyNotificationServer = Duration.seconds(60)
  /// Until one more change of the server is followed, one more line is logged about it, and one more use of a
  /// notification has it posted again at once.
  static let notificationServerChange = Duration.seconds(1)
  static let serverLine = Duration.seconds(30)
  static let oneMoreUse = Duration.seconds(1)
  /// A notification whose id is not known yet goes by itself after so long.
  static let provisionalNotificationMilliseconds: Int32 = 10_000
  /// Within which a server closes a notification because a button of it was pressed.
  static let usedNotification = Duration.seconds(1)
  /// Within which an application that is returned to says that it has been activated.
  static let activation = Duration.seconds(10)
  /// Within which what is started to return to a call has failed if it fails.
  static let returnFails = Duration.seconds(5)
  /// More than the bound within which an engine says that a far end does not answer.
  static let takeBack = Duration.seconds(6)
  /// For a recording to begin, or for its file to be whole.
  static let recording = Duration.seconds(10)
  /// An engine that hangs is found out, and followed by another, within 4 seconds. One that is not missed at once is
  /// pinged with the process's pulse, and found out within 35 seconds.
  static let ping = Duration.milliseconds(900)
  /// Until the next engine is tried, when as many were tried already.
  static func retry(_ repairs: Int) -> Duration { min(.seconds(4), .milliseconds(4 << (2 * min(repairs, 6)))) }
  /// A session's object stays for so long after the session's end.
  static let endedSessionStays = Duration.seconds(60)
}

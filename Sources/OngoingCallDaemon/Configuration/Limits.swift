// SPDX-License-Identifier: Apache-2.0
import EngineChannel

/// What the daemon allows. The bounds of options are in their rows (`Sources/CallModel/Options`).
enum Limit {
  /// Sessions that have not ended.
  static let sessions = 128
  /// Of them, those of one application in a sandbox.
  static let sessionsOfSandbox = 16
  /// Sessions that have ended, and of which the far end does not know yet.
  static let farewells = 128
  /// Media players that are paused during calls.
  static let players = 32
  /// Both, of all applications in sandboxes together: of each, half is left to the user.
  static let sessionsOfSandboxes = 64
  /// Sessions that have ended, of one application in a sandbox; older ones are forgotten before their time.
  static let endedSessionsOfSandbox = 32
  /// As the engine channel has it.
  static let recordingPathBytes = EngineProtocol.maximumPathLength
  /// Callers that wait for one call's recording to begin or to end.
  static let recordingWaiters = 16
  /// Requests of clients that one engine has not answered: fewer answers than an engine keeps.
  static let requestWaiters = 12
  static let dtmfDigits = 64
  /// Characters of a command in an entry of the journal.
  static let commandInJournal = 1024
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
  /// The largest database of the desktop's settings that is read, and how many are.
  static let settingsBytes = 4 * 1024 * 1024
  static let settingsDatabases = 16
  /// The largest configuration file that is read, how many drop-ins are, and how many problems with them are told.
  static let configurationBytes = 64 * 1024
  static let configurationFiles = 256
  static let configurationProblems = 64
  /// The largest file of events: as many as are kept, each as large as it can be.
  static let historyBytes = 4 * 1024 * 1024
  /// Lines of one session in the journal that come at once, not counting its end.
  static let journalLines = 64
  /// Requests that wait for the user's keyring.
  static let keyringRequests = 64
  /// What is read of a password's file: more than a password, and a line break.
  static let passwordFileBytes = 1024
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
  /// Questions to a server that has its name and serves nothing yet: half a minute's.
  static let questionsToServer = 20
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
  /// Accounts that a user has, the largest file of one, how many problems of one are told, and how often a change is
  /// tried that others get in the way of.
  static let accounts = 64
  /// Of which it is remembered which number they had.
  static let accountNumbers = 256
  static let accountBytes = 16 * 1024
  static let accountProblems = 16
  static let accountTries = 3
  /// Accounts that are tested at the same time.
  static let accountTests = 4
  /// Callers who write a password at the same time.
  static let passwordReaders = 8
  /// Notification channels that a user has.
  static let channels = 32
  /// Callers who have built a notification and not launched yet.
  static let builtNotifications = Quota(ofUser: 64, ofSandbox: 8, ofSandboxes: 64)
  static let activationTokenBytes = 1024
  /// Notices of calls that are gone, which wait to be seen.
  static let notices = Quota(ofUser: 16, ofSandbox: 4, ofSandboxes: 8)
  /// Calls that are suggested, about which the user is asked at the same time; callers who wait for one answer; and
  /// questions that come at once, of the user's programs and of all sandboxes.
  static let callOffers = Quota(ofUser: 2, ofSandbox: 1, ofSandboxes: 2)
  static let offerWaiters = 16
  static let offersAtOnce = 6
  /// A command line that is shown to be typed.
  static let shownCommandBytes = 200
  /// Of what went wrong, where it is told to people.
  static let problemCharacters = 500
}

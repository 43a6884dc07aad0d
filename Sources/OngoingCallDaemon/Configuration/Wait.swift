// SPDX-License-Identifier: Apache-2.0

/// How long the daemon waits.
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
  /// The same for one that the server closes by itself, again and again: longer each time, up to ten minutes.
  static func dismissal(_ pause: Duration, evictions: Int) -> Duration {
    max(pause, min(.seconds(600), pause * (1 << min(max(0, evictions - 1), 16))))
  }
  /// For how long desktops show a new notification's buttons.
  static let banner = Duration.seconds(5)
  /// Between two questions to a server that is starting; doubled each time.
  static let startingServer = Duration.milliseconds(50)
  static let longestStartingServer = Duration.seconds(2)
  /// Presses of one button within this time are one press, which some servers tell several times.
  static let samePress = Duration.milliseconds(250)
  /// Until a server that refused a notification is told it again, when it has refused it so often.
  static func notificationRetry(_ failures: Int) -> Duration { min(.seconds(60), .seconds(1 << min(failures, 6))) }
  /// For a media player to pause.
  static let player = Duration.seconds(2)
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
  /// For the user to say whether a call that is suggested is to be placed.
  static let callOffer = Duration.seconds(60)
  /// For a server to be there that asks the user.
  static let offerServer = Duration.seconds(5)
  /// Until one more question may come, where there have been too many.
  static let oneMoreOffer = Duration.seconds(10)
  /// Within which a server closes a notification because a button of it was pressed.
  static let usedNotification = Duration.seconds(1)
  /// Within which an application that is returned to says that it has been activated.
  static let activation = Duration.seconds(10)
  /// Within which what is started to return to a call has failed if it fails.
  static let returnFails = Duration.seconds(5)
  /// More than the bound within which an engine says that a far end does not answer.
  static let takeBack = Duration.seconds(6)
  /// For an engine to answer a request, which it does at once; a busy machine may not let it.
  static let request = Duration.seconds(10)
  /// For digits to be sent: an engine needs 11 s for the most that it takes. Callers on D-Bus wait for 25 s.
  static let digits = Duration.seconds(20)
  /// For a recording to begin, or for its file to be whole.
  static let recording = Duration.seconds(10)
  /// An engine that hangs is found out, and followed by another, within 4 seconds. One that is not missed at once is
  /// pinged with the process's pulse, and found out within 35 seconds.
  static let ping = Duration.milliseconds(900)
  /// Until the next engine is tried, when as many were tried already.
  static func retry(_ repairs: Int) -> Duration { min(.seconds(4), .milliseconds(4 << (2 * min(repairs, 6)))) }
  /// A session's object stays for so long after the session's end.
  static let endedSessionStays = Duration.seconds(60)
  /// Between two questions whether the name is free.
  static let nameOfKilled = Duration.seconds(1)
  /// For the Secret Service, and for the user to unlock a keyring.
  static let keyring = Duration.seconds(60)
  /// For the Secret Service, where it asks nobody.
  static let keyringCheck = Duration.seconds(5)
  /// For reading or writing a file in the user's home.
  static let files = Duration.seconds(5)
  /// The same, if a launch continues without the answer.
  static let look = Duration.seconds(2)
  /// The same for the first daemon of a login, which knows nothing yet.
  static let filesAtStart = Duration.seconds(1)
  /// For a caller to have written a password.
  static let password = Duration.seconds(10)
  /// For the changes of accounts' files that come together to have come.
  static let accountChanges = Duration.milliseconds(100)
  /// Before a keyring that has just come is asked: its user may be about to unlock it.
  static let keyringStart = Duration.seconds(1)
  /// For the test of an account. Each of its steps has a limit of its own.
  static let accountTest = Duration.seconds(60)
  /// The password of an account whose file somebody has taken away stays for so long: editors, and programs that keep
  /// configuration files, take files away for a moment.
  static let passwordLeftBehind = Duration.seconds(60)
  /// Before another process replaces one that has exited.
  static let fileProcess = Duration.seconds(1)
}

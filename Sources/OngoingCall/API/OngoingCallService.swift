// SPDX-License-Identifier: Apache-2.0
internal import CallModel

/// Keeps a call alive when the user leaves its application.
public enum OngoingCallService {
  /// The version of the library, which is that of the daemon and the tools that are released with it.
  public static let version = DaemonName.version

  /// Keeps the current call, and shows its ongoing notification. After this, the call survives the application's window
  /// and terminal, and the application itself.
  ///
  /// The daemon already carries a call that was joined (``CallContext/Mode/host``). It gets the notification that was
  /// built (``OngoingNotification/buildOngoingConferenceNotification(_:)``) and the context's return target; launching
  /// it again does so again. Otherwise this process becomes the call (``CallContext/Mode/adopt``). It moves out of its
  /// terminal's login session, and becomes immune to the end of that terminal: SIGHUP and SIGPIPE are ignored if they
  /// had their default actions, and output to a terminal that has hung up goes to the journal instead. This is not
  /// undone.
  ///
  /// - Throws: ``CallsError/noSession`` if the context says `host` and no call was joined;
  ///   ``CallsError/alreadyInSession`` if it says a mode that is not the call's; the daemon's errors, and those of
  ///   reaching it.
  public static func launch(_ context: CallContext) async throws(CallsError) {
    try await CallCoordinator.shared.launch(context)
  }

  /// Stops keeping the call, and removes its notification. A call that was joined ends; an adopted process is released
  /// and keeps running. Returns when the call has ended and none of its processes is left, except an engine that is
  /// still telling the far end.
  ///
  /// Does nothing if nothing was launched, or if the call has ended. A call to which you attached counts as launched.
  public static func abort(_ context: CallContext) async throws(CallsError) {
    try await CallCoordinator.shared.abort(context)
  }
}

extension CallSession {
  /// This process's current call, or the one that it will join next.
  public static var shared: CallSession { CallCoordinator.shared.session }

  /// Calls an address, for example `sip:standup@example.org`.
  ///
  /// Returns as soon as the call is being placed. Listeners then get ``SessionStatusListener/onSessionJoined()`` or
  /// ``SessionStatusListener/onLaunchFailed(_:)``. The call does not end with this process.
  ///
  /// - Parameters:
  ///   - address: at most 2048 bytes, without a password, with a scheme that an engine handles; or a number or a name,
  ///     which is called through an account (``SessionSettings/account``).
  ///   - settings: how to place the call.
  ///   - context: the application to which the call belongs, and how the user returns to it.
  /// - Returns: ``shared``.
  /// - Throws: ``CallsError``. No call was placed then, except possibly after ``CallsError/timedOut(what:seconds:)``:
  ///   joining again with the same ``SessionSettings/token`` returns the same call.
  @discardableResult
  public static func join(
    _ address: String, settings: SessionSettings = SessionSettings(), context: CallContext? = nil
  ) async throws(CallsError) -> CallSession {
    try await CallCoordinator.shared.join(address, settings, context)
  }

  /// Finds a call that an earlier process of the application joined before it crashed or was closed.
  ///
  /// - Parameters:
  ///   - token: the call's token.
  ///   - sequence: the ``Event/sequence`` of the last event that you handled. Listeners get all later events, each
  ///     once. If nil, they get only new events, and the end if the call has ended.
  /// - Returns: ``shared``; nil if there is no such call, or it ended more than a minute ago.
  public static func attach(
    token: String, after sequence: UInt64? = nil
  ) async throws(CallsError) -> CallSession? {
    try await CallCoordinator.shared.attach(token: token, after: sequence)
  }
}

// SPDX-License-Identifier: Apache-2.0

/// Keeps a call alive when its application is left.
public enum OngoingCallService {
  /// Makes the current call one that is kept, and shows its ongoing notification: after this, neither the
  /// application's window or terminal nor its end takes the call down.
  ///
  /// A call that was joined (``CallContext/Mode/host``) is in the daemon's hands already; it gets the notification that
  /// was built (``OngoingNotification/buildOngoingConferenceNotification(_:)``) and the context's return target. To
  /// launch it again does the same again. Otherwise this process itself is the call from now on
  /// (``CallContext/Mode/adopt``): it is moved out of its terminal's login session, and made immune to that terminal's
  /// end. Where SIGHUP and SIGPIPE have their default actions, they do nothing any more, and what is written to a
  /// terminal that has hung up goes to the journal instead; that stays so.
  ///
  /// - Throws: ``CallsError/noSession`` where the context says `host` and no call was joined;
  ///   ``CallsError/alreadyInSession`` where it says the other mode than the call has; what the daemon says, and what
  ///   keeps it from being asked.
  public static func launch(_ context: CallContext) async throws(CallsError) {
    try await CallCoordinator.shared.launch(context)
  }

  /// Stops keeping the call and removes its notification. A call that was joined ends with it; a process that was
  /// adopted is released, and lives on. Returns when the call has ended, and nothing of it runs any more but what goes on
  /// telling the far end.
  ///
  /// Where nothing was launched, or the call has ended, it does nothing. A call that was attached to counts as
  /// launched.
  public static func abort(_ context: CallContext) async throws(CallsError) {
    try await CallCoordinator.shared.abort(context)
  }
}

extension CallSession {
  /// This process's current call, or the one it will join next.
  public static var shared: CallSession { CallCoordinator.shared.session }

  /// Calls an address, as in `sip:standup@example.org`.
  ///
  /// Returns as soon as the call is being placed; whether it is answered, the listeners hear:
  /// ``SessionStatusListener/onSessionJoined()`` or ``SessionStatusListener/onLaunchFailed(_:)``. The call does not end
  /// with this process.
  ///
  /// - Parameters:
  ///   - address: of a scheme that an engine takes; at most 2048 bytes, without a password.
  ///   - settings: how it is placed.
  ///   - context: the application the call belongs to, and where the user comes from.
  /// - Returns: ``shared``.
  /// - Throws: ``CallsError``; then nothing was placed, unless it is ``CallsError/timedOut(what:seconds:)``: joining
  ///   again with the same ``SessionSettings/token`` then gives the same call.
  @discardableResult
  public static func join(
    _ address: String, settings: SessionSettings = SessionSettings(), context: CallContext? = nil
  ) async throws(CallsError) -> CallSession {
    try await CallCoordinator.shared.join(address, settings, context)
  }

  /// Finds a call that an earlier process of the application has joined: the application crashed, or was closed.
  ///
  /// - Parameters:
  ///   - token: the call's token.
  ///   - sequence: the ``Event/sequence`` of the last event that was heard: the listeners hear all that came later,
  ///     each event once. nil: only what comes from now on; and how the call ended, where it has.
  /// - Returns: ``shared``, or nil where there is no such call, or none since a minute.
  public static func attach(
    token: String, after sequence: UInt64? = nil
  ) async throws(CallsError) -> CallSession? {
    try await CallCoordinator.shared.attach(token: token, after: sequence)
  }
}

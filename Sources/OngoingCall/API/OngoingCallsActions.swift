// SPDX-License-Identifier: Apache-2.0
internal import CallModel

extension OngoingCalls {
  /// Places a call, which is not this process's ``CallSession/shared``. Returns when it is being placed. If no daemon
  /// runs, one is started.
  ///
  /// - Parameters:
  ///   - address: as in ``CallSession/join(_:settings:context:)``.
  ///   - settings: how to place the call.
  ///   - context: the app to which the call belongs, and how the user returns to it. Without one, a click on the
  ///     notification opens the window of calls, if it is installed.
  /// - Returns: the call's ``Call/id``.
  /// - Throws: ``CallsError/notSendable(_:)`` if the address cannot be one, and nothing was asked; the daemon's errors,
  ///   and those of reaching it. No call was placed then, except possibly after ``CallsError/timedOut(what:seconds:)``.
  public func launch(
    _ address: String, settings: SessionSettings = SessionSettings(), context: CallContext? = nil
  ) async throws(CallsError) -> Call.ID {
    do throws(CallURI.Invalid) { _ = try CallTarget(address) } catch { throw .notSendable("\(error)") }
    return try await client.ask(.launch(try settings.request(for: address, context)))
  }

  private func ask<Answer: Sendable>(_ question: Question<Answer>) async throws(CallsError) -> Answer {
    do { return try await client.ask(question) } catch { throw error.ofOneCall }
  }

  /// Hangs up. Returns when the call has ended. A far end that does not answer at first is told nevertheless. An adopted
  /// process is asked to exit.
  public func hangUp(_ id: Call.ID) async throws(CallsError) { try await ask(.hangUp(id)) }

  /// Stops keeping the call. One that an engine carries ends, with the reason ``CallSession/EndReason/aborted``; an
  /// adopted process is released, and goes on. Does nothing if the call ended less than a minute ago.
  public func abort(_ id: Call.ID) async throws(CallsError) { try await ask(.abort(id)) }

  /// Turns the microphone off (true) or on. Returns when the engine has been told; ``Call/isMuted`` follows.
  public func setMuted(_ isMuted: Bool, for id: Call.ID) async throws(CallsError) {
    try await ask(.setMuted(isMuted, id))
  }

  /// Puts the far end on hold (true), or resumes the call. Works like ``setMuted(_:for:)``. The far end can refuse: then
  /// ``Call/isOnHold`` stays as it is.
  public func setOnHold(_ isOnHold: Bool, for id: Call.ID) async throws(CallsError) {
    try await ask(.setOnHold(isOnHold, id))
  }

  /// Sends at most 64 of the digits 0-9, A-D, * and #, while the call is joined. They are sent at most once; after an
  /// error, they may have been sent or not.
  public func sendDTMF(_ digits: String, to id: Call.ID) async throws(CallsError) {
    try await ask(.sendDtmf(digits, id))
  }

  /// Types into the terminal of the call's program: see ``CallSession/sendKeys(_:)``.
  public func sendKeys(_ text: String, to id: Call.ID) async throws(CallsError) { try await ask(.sendKeys(text, id)) }

  /// Brings the user to where the call is shown, like a click on its notification.
  ///
  /// - Parameters:
  ///   - id: the call.
  ///   - activationToken: what lets a window come to the front (xdg-activation), if the desktop gave you one.
  public func `return`(to id: Call.ID, activationToken: String? = nil) async throws(CallsError) {
    _ = try await ask(.bringBack(to: id, activationToken: activationToken))
  }

  /// Asks the far end to call somebody else instead: see ``CallSession/transfer(to:)-(String)``.
  public func transfer(_ id: Call.ID, to target: String) async throws(CallsError) {
    try await ask(.transfer(to: target, id))
  }

  /// Connects the far ends of two joined calls of the same engine. If it succeeds, both calls end.
  public func transfer(_ id: Call.ID, toCall other: Call.ID) async throws(CallsError) {
    try await ask(.transfer(toSession: other, id))
  }

  /// Answers the far end, which asks the user to call ``Call/transferRequest`` instead: see
  /// ``CallSession/answerTransfer(to:accepting:)``.
  ///
  /// - Returns: the id of the other call; nil if the request was declined.
  @discardableResult
  public func answerTransfer(
    of id: Call.ID, to address: String, accepting: Bool
  ) async throws(CallsError) -> Call.ID? {
    try await ask(.answerTransfer(accepting, to: address, id))
  }

  /// Chooses the sound devices for the rest of the call: see ``CallSession/setAudio(microphone:speaker:)``.
  public func setAudio(
    microphone: String? = nil, speaker: String? = nil, for id: Call.ID
  ) async throws(CallsError) {
    try await ask(.setAudio(microphone: microphone, speaker: speaker, id))
  }

  /// Records both sides of the call to a new file: see ``CallSession/startRecording(to:)``.
  public func startRecording(_ id: Call.ID, to file: String) async throws(CallsError) {
    try await ask(.startRecording(file, id))
  }

  /// Stops the recording. Returns when the file is complete; at once if the call is not being recorded.
  public func stopRecording(_ id: Call.ID) async throws(CallsError) { try await ask(.stopRecording(id)) }

  /// Gives the call a ``Call/name``; nil takes it away.
  public func setName(_ name: String?, for id: Call.ID) async throws(CallsError) {
    try await ask(.setName(name ?? "", id))
  }
}

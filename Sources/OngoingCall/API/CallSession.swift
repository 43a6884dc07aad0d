// SPDX-License-Identifier: Apache-2.0
internal import CallModel
internal import Synchronization

/// A call of this process, from joining to its single end.
///
/// Every call has one object. ``shared`` is the object of the current call. It exists before the call does, so that you
/// can add listeners first; when the call has ended, another object replaces it.
///
/// You can call all methods from anywhere, in any state and concurrently; what cannot be done throws a ``CallsError``.
/// No method waits forever: if there is no answer within 25 seconds (two minutes for ending a call), it throws
/// ``CallsError/timedOut(what:seconds:)``. Cancelling a task does not cancel the request that it has made.
public final class CallSession: Sendable {
  /// The state of a call. Later versions may add cases.
  public enum State: Sendable, Hashable {
    /// Not joined yet.
    case idle
    /// Being placed, and not answered yet.
    case launching
    /// The call is up.
    case joined
    /// The connection is lost and may be restored.
    case reconnecting
    /// The call is ending.
    case leaving
    /// The call has ended. No events follow.
    case ended
  }

  fileprivate struct Life {
    var state = State.idle
    /// As the daemon calls it.
    var id: String?
    var token = LaunchRequest.randomToken()
    var isAdopted = false
    /// An abort ends it.
    var isLaunched = false
    var isMuted = false
    var isOnHold = false
    var recording: String?
    var transferRequest: String?
    /// For those who begin to listen later; of too many events the oldest are forgotten.
    var log: [Event] = []
    var channels: [ChannelKey: EventChannel] = [:]
    var streams = 0
  }

  fileprivate enum ChannelKey: Hashable {
    case listener(ObjectIdentifier)
    case stream(Int)
  }

  private let life = Mutex(Life())
  private let client: AsyncClient

  init(client: AsyncClient) { self.client = client }

  // MARK: What is known of it

  /// The state, according to the events that have arrived.
  public var state: State { life.withLock(\.state) }
  /// Whether there is a call: true from joining to its end, interruptions included.
  public var isSessionActive: Bool { life.withLock { $0.id != nil && $0.state != .ended } }
  /// The session's id, as `ongoingcallctl` shows it; nil before there is a session.
  public var id: String? { life.withLock(\.id) }
  /// The token with which ``attach(token:after:)`` finds the call once ``id`` is set: the one of the settings, or a
  /// random one.
  public var token: String { life.withLock(\.token) }
  /// Whether this process is the call (``CallContext/Mode/adopt``).
  public var isAdopted: Bool { life.withLock(\.isAdopted) }
  /// Whether the microphone is off.
  public var isAudioMuted: Bool { life.withLock(\.isMuted) }
  /// Whether the far end is on hold.
  public var isOnHold: Bool { life.withLock(\.isOnHold) }
  /// The file to which the call is being recorded, or nil.
  public var recording: String? { life.withLock(\.recording) }
  /// The address that the far end asks the user to call instead, or nil: ``answerTransfer(to:accepting:)``.
  public var transferRequest: String? { life.withLock(\.transferRequest) }

  // MARK: Listening

  /// Adds a listener. Adding it twice has no effect. The object keeps it until you remove it, or it has received the
  /// end.
  ///
  /// A listener receives all events of this object from the first one on, even if you add it late. A listener that you
  /// remove and add again starts from the first event.
  public func addSessionStatusListener(_ listener: any SessionStatusListener) {
    let key = ChannelKey.listener(ObjectIdentifier(listener))
    guard let channel = subscribe(key) else { return }
    Task { [weak self] in
      var events = Events.Iterator(channel: channel)
      while let event = await events.next(), channel.isOpen { await listener.hear(event) }
      self?.life.withLock { if $0.channels[key] === channel { $0.channels[key] = nil } }
    }
  }

  /// Removes a listener. No further callback of it starts after this. Does nothing if the listener was not added.
  public func removeSessionStatusListener(_ listener: any SessionStatusListener) {
    life.withLock { $0.channels.removeValue(forKey: .listener(ObjectIdentifier(listener))) }?.close()
  }

  /// The events as a sequence, which ends after the call's last event.
  public var events: Events {
    Events { [self] in
      let key = life.withLock { life in
        life.streams += 1
        return ChannelKey.stream(life.streams)
      }
      let channel = subscribe(key)
      // A new key has no channel yet.
      return channel ?? EventChannel()
    }
  }

  private func subscribe(_ key: ChannelKey) -> EventChannel? {
    let channel = EventChannel()
    let isNew = life.withLock { life in
      guard life.channels[key] == nil else { return false }
      for event in life.log { channel.send(event) }
      // A listener that has not heard of all of it yet can still be removed.
      let isOver = life.state == .ended
      if case .stream = key, isOver {} else { life.channels[key] = channel }
      if isOver { channel.finish() }
      return true
    }
    guard isNew else { return nil }
    if case .stream = key {
      channel.onTermination { [weak self] in self?.life.withLock { _ = $0.channels.removeValue(forKey: key) } }
    }
    return channel
  }

  // MARK: In the call

  /// Hangs up. Returns when the call has ended; at once if it already has. A far end that does not answer at first is
  /// told nevertheless. An adopted process is asked to exit: ``SessionStatusListener/onHangUpRequested(grace:)``.
  public func leaveSession() async throws(CallsError) {
    guard state != .ended else { return }
    do { try await ask { .hangUp($0) } } catch .sessionEnded {} catch { throw error }
  }

  /// Mutes the microphone. Returns when the engine has been told. Has no effect if the microphone is muted already.
  public func muteAudio() async throws(CallsError) { try await ask { .setMuted(true, $0) } }

  /// Unmutes the microphone.
  public func unMuteAudio() async throws(CallsError) { try await ask { .setMuted(false, $0) } }

  /// Puts the far end on hold. If it refuses, listeners get ``SessionStatusListener/onHoldRefused(detail:)``.
  public func hold() async throws(CallsError) { try await ask { .setOnHold(true, $0) } }

  /// Resumes a call that is on hold.
  public func resume() async throws(CallsError) { try await ask { .setOnHold(false, $0) } }

  /// Sends at most 64 of the digits 0-9, A-D, * and #, while the call is joined. They are sent at most once; after an
  /// error, they may have been sent or not.
  public func sendDTMF(_ digits: String) async throws(CallsError) { try await ask { .sendDtmf(digits, $0) } }

  /// Types into the terminal of the call's program, like a keyboard: 1 to 4096 bytes of UTF-8. Enter is `\r`, Ctrl-C is
  /// `\u{3}`, Up is `\u{1B}[A` in every mode of the terminal. Returns when the terminal has the text, even if the program
  /// reads it later. The text is typed at most once, and as a whole; after an error, it may have been typed or not.
  public func sendKeys(_ text: String) async throws(CallsError) { try await ask { .sendKeys(text, $0) } }

  /// Asks something of this call.
  func ask<Answer>(
    _ question: @Sendable (String) throws(CallsError) -> Question<Answer>
  ) async throws(CallsError) -> Answer {
    let (id, state) = life.withLock { ($0.id, $0.state) }
    guard let id else { throw .noSession }
    guard state != .ended else { throw .sessionEnded }
    let asked = try question(id)
    do { return try await client.ask(asked) } catch { throw error.ofOneCall }
  }
}

extension CallSession.State {
  /// As the D-Bus API names it; nil is one that a later daemon has. An end is what an event says, so that all hear of
  /// it.
  init?(_ name: String) {
    switch SessionState(rawValue: name) {
    case .launching?: self = .launching
    case .joined?: self = .joined
    case .reconnecting?: self = .reconnecting
    case .leaving?: self = .leaving
    case .ended?, nil: return nil
    }
  }
}

// MARK: - What happens to it

extension CallSession {
  var isLaunched: Bool { life.withLock { $0.isLaunched && $0.state != .ended } }

  func setLaunched(_ isLaunched: Bool) { life.withLock { $0.isLaunched = isLaunched } }

  /// Makes this the object of a session.
  func begin(_ info: SessionInfo, token: String, isLaunched: Bool) {
    life.withLock { life in
      (life.id, life.token, life.isAdopted, life.isLaunched) = (info.id, token, info.adopted, isLaunched)
      life.take(info)
      // One that has ended is about to hear of it.
      if life.state == .idle { life.state = .leaving }
    }
  }

  /// Corrects what is known, where events are missing.
  func correct(by info: SessionInfo) { life.withLock { $0.take(info) } }

  /// Hears of an event, in order and once; after its end a call has no events.
  func hear(_ event: Event) {
    let channels = life.withLock { life in
      guard life.state != .ended else { return [EventChannel]() }
      life.take(event)
      return Array(life.channels.values)
    }
    for channel in channels {
      channel.send(event)
      if event.end != nil { channel.finish() }
    }
  }
}

extension CallSession.Life {
  fileprivate mutating func take(_ info: SessionInfo) {
    (isMuted, isOnHold) = (info.muted, info.onHold)
    recording = info.recording.isEmpty ? nil : info.recording
    transferRequest = info.transferRequest.isEmpty ? nil : info.transferRequest
    state = CallSession.State(info.state) ?? state
  }

  fileprivate mutating func take(_ event: CallSession.Event) {
    if log.count == EventChannel.capacity { log.removeFirst() }
    log.append(event)
    switch event.kind {
    case .launched, .ringing: state = .launching
    case .joined, .connectionRestored: state = .joined
    case .connectionLost: state = .reconnecting
    case .hangUpRequested: state = .leaving
    case .left, .timedOut, .connectionClosed, .launchFailed: (state, transferRequest) = (.ended, nil)
    case .mutedChanged(let muted): isMuted = muted
    case .onHoldChanged(let onHold): isOnHold = onHold
    case .recordingStarted(let file): recording = file
    case .recordingStopped: recording = nil
    case .transferRequested(let address): transferRequest = address
    case .transferRequestEnded: transferRequest = nil
    case .holdRefused, .transferFailed, .audioChanged, .returnRequested, .notificationAction, .eventsForgotten, .other:
      break
    }
  }
}

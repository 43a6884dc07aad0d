// SPDX-License-Identifier: Apache-2.0
internal import CallModel
internal import Synchronization

/// A call of this process's, from joining to its single end.
///
/// Of every call there is one object, and ``shared`` is that of the current one: it is there before the call is, so
/// that listeners can be added first, and another takes its place when the call has ended. The methods may be called
/// from anywhere, in any state and at any time, also at once; what cannot be done is a ``CallsError``. None of them
/// waits without end: what has no answer in 25 seconds (two minutes, where a call is to end) is
/// ``CallsError/timedOut(what:seconds:)``. Cancelling a task does not take back what it has asked for.
public final class CallSession: Sendable {
  /// Where in its life a call is. Later versions may have further cases.
  public enum State: Sendable, Hashable {
    /// Not joined yet.
    case idle
    /// Being placed: it has not been answered yet.
    case launching
    /// Up.
    case joined
    /// The connection is lost, and may come back.
    case reconnecting
    /// Told to end.
    case leaving
    /// Over: nothing more happens to it.
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
  private let courier: Courier

  init(courier: Courier) { self.courier = courier }

  // MARK: What is known of it

  /// Where the call is, as far as its events have arrived.
  public var state: State { life.withLock(\.state) }
  /// Whether there is a call: from joining, through its interruptions, to its end.
  public var isSessionActive: Bool { life.withLock { $0.id != nil && $0.state != .ended } }
  /// The session's id, as `ongoingcallctl` shows it; nil before there is one.
  public var id: String? { life.withLock(\.id) }
  /// By what ``attach(token:after:)`` finds the call, once ``id`` is there: the settings' token, or a random one.
  public var token: String { life.withLock(\.token) }
  /// Whether this process is the call (``CallContext/Mode/adopt``).
  public var isAdopted: Bool { life.withLock(\.isAdopted) }
  /// Whether the microphone is off.
  public var isAudioMuted: Bool { life.withLock(\.isMuted) }
  /// Whether the far end is on hold.
  public var isOnHold: Bool { life.withLock(\.isOnHold) }
  /// The file that the call is recorded to; nil where it is not.
  public var recording: String? { life.withLock(\.recording) }

  // MARK: Listening

  /// Adds a listener; one that is there already counts once. It is kept until it is removed, or has heard of the end.
  ///
  /// It hears all that this object has heard, from the first event on, also where it is added late. One that is
  /// removed and added again begins anew.
  public func addSessionStatusListener(_ listener: any SessionStatusListener) {
    let key = ChannelKey.listener(ObjectIdentifier(listener))
    guard let channel = subscribe(key) else { return }
    Task { [weak self] in
      var events = Events.Iterator(channel: channel)
      while let event = await events.next(), channel.isOpen { await listener.hear(event) }
      self?.life.withLock { if $0.channels[key] === channel { $0.channels[key] = nil } }
    }
  }

  /// After this, no further call of the listener begins. Of one that is not there it does nothing.
  public func removeSessionStatusListener(_ listener: any SessionStatusListener) {
    life.withLock { $0.channels.removeValue(forKey: .listener(ObjectIdentifier(listener))) }?.close()
  }

  /// The same as a sequence, which ends with the call's last event.
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

  /// Hangs up. Returns when the call has ended; where it has already, at once. The far end is told also where it does not
  /// answer at first. An adopted process is asked to end: ``SessionStatusListener/onHangUpRequested(grace:)``.
  public func leaveSession() async throws(CallsError) {
    guard state != .ended else { return }
    do { try await ask { .hangUp($0) } } catch .sessionEnded {} catch { throw error }
  }

  /// Turns the microphone off, which the engine then does; turned off already, it stays so.
  public func muteAudio() async throws(CallsError) { try await ask { .setMuted(true, $0) } }

  /// Turns the microphone on.
  public func unMuteAudio() async throws(CallsError) { try await ask { .setMuted(false, $0) } }

  /// Puts the far end on hold. One that does not let itself is told of by ``SessionStatusListener/onHoldRefused(detail:)``.
  public func hold() async throws(CallsError) { try await ask { .setOnHold(true, $0) } }

  /// Takes the far end back from being on hold.
  public func resume() async throws(CallsError) { try await ask { .setOnHold(false, $0) } }

  /// Sends the digits 0-9, A-D, * and #; at most 64, and only while the call is joined. They are sent once at most: an
  /// error can mean that they were sent.
  public func sendDTMF(_ digits: String) async throws(CallsError) { try await ask { .sendDtmf(digits, $0) } }

  /// Asks something of this call.
  func ask(_ question: @Sendable (String) -> Question<Void>) async throws(CallsError) {
    let (id, state) = life.withLock { ($0.id, $0.state) }
    guard let id else { throw .noSession }
    guard state != .ended else { throw .sessionEnded }
    let asked = question(id)
    do { try await courier.ask(asked) } catch {
      throw error.meansNoSuchSession || error.meansSessionEnded ? .sessionEnded : error
    }
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
    case .left, .timedOut, .connectionClosed, .launchFailed: state = .ended
    case .mutedChanged(let muted): isMuted = muted
    case .onHoldChanged(let onHold): isOnHold = onHold
    case .recordingStarted(let file): recording = file
    case .recordingStopped: recording = nil
    case .holdRefused, .audioChanged, .returnRequested, .notificationAction, .eventsForgotten, .other: break
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package import CallNotification
package import OngoingCallNames

/// A client of ongoingcalld. It connects with the first question; one thread uses it.
///
/// A daemon that restarts, or a bus connection that breaks, in the middle of a question does not show: what may be
/// asked twice is asked again, in the time that is left.
package final class CallsClient {
  /// How long to wait for an answer, where the question has no time of its own.
  package static let answerTime: Duration = .seconds(25)
  /// A launch returns once the engine runs, an abort once nothing runs any more.
  package static let launchTime: Duration = .seconds(60)
  package static let abortTime: Duration = .seconds(120)

  /// A daemon that goes away so often in the middle of one question is not there.
  private static let repetitions = 10

  private let connect: () throws(CallsError) -> BusConnection
  private let limit: Duration?
  private var connection: BusConnection?
  private var watches = false
  /// The daemon's unique name while ``watches``; only its signals count, since anybody may send one here.
  private var owner: String?

  /// - Parameters:
  ///   - limit: how long every question may take, instead of the times above.
  ///   - connect: opens a connection to the bus; the session bus if not given.
  package init(
    limit: Duration? = nil,
    connect: @escaping () throws(CallsError) -> BusConnection = { () throws(CallsError) in
      try BusConnection(address: SessionBusAddress.find())
    }
  ) {
    self.limit = limit
    self.connect = connect
  }

  private func bus() throws(CallsError) -> BusConnection {
    if let connection { return connection }
    let connection = try connect()
    self.connection = connection
    return connection
  }

  private func ask(
    _ call: BusCall, within time: Duration = answerTime, repeatable: Bool = true
  ) throws(CallsError) -> [BusValue] {
    let deadline = Deadline(in: limit ?? time)
    var (repetitions, reconnections) = (0, 0)
    while true {
      do {
        return try bus().call(call, until: deadline)
      } catch .daemonVanished where repeatable && repetitions < Self.repetitions {
        repetitions += 1
      } catch .disconnected where repeatable && reconnections == 0 {
        reconnections += 1
        connection = nil
        if watches { try startWatching(until: deadline) }
      } catch {
        if error == .disconnected { connection = nil }
        throw error
      }
    }
  }

  private func manager(_ member: String, _ arguments: BusValue...) -> BusCall {
    var call = BusCall(
      to: BusName.service, path: BusName.rootPath, interface: BusName.managerInterface, member: member)
    call.arguments = arguments
    return call
  }

  private func session(_ id: String, _ member: String, _ arguments: BusValue...) -> BusCall {
    var call = BusCall(
      to: BusName.service, path: BusName.sessionPath(id), interface: BusName.sessionInterface, member: member)
    call.arguments = arguments
    return call
  }

  private func properties(of interface: String, at path: String) throws(CallsError) -> [String: BusValue] {
    let call = BusCall(
      to: BusName.service, path: path, interface: "org.freedesktop.DBus.Properties", member: "GetAll",
      .string(interface))
    guard let properties = try ask(call).first?.properties else {
      throw .unexpectedReply(what: call.member, expected: "properties")
    }
    return properties
  }
}

// MARK: - Questions

extension CallsClient {
  /// Launches a session and returns its id. The answer may be lost: by its token, a repeated launch is the same one.
  package func launch(_ options: LaunchOptions) throws(CallsError) -> String {
    let answer = try ask(manager(ManagerMember.launch, options.encoded), within: Self.launchTime)
    guard let path = answer.first?.objectPath, let id = BusName.session(at: path) else {
      throw .unexpectedReply(what: ManagerMember.launch, expected: "a session's object path")
    }
    return id
  }

  /// Ends a session; returns when nothing of it runs any more. Aborting one that has ended is no error.
  package func abort(_ id: String) throws(CallsError) {
    _ = try ask(manager(ManagerMember.abort, .string(id)), within: Self.abortTime)
  }

  package func hangUp(_ id: String) throws(CallsError) {
    _ = try ask(session(id, SessionMember.hangUp), within: Self.abortTime)
  }

  /// Brings the user back to where the call is shown, and returns the way that was taken; nil is one that this client
  /// does not know.
  ///
  /// - Parameter activationToken: what lets a window come to the front, where the desktop has given one.
  package func bringBack(to id: String, activationToken: String?) throws(CallsError) -> ReturnWay? {
    var platformData: [String: BusValue] = [:]
    platformData[PlatformKey.activationToken] = activationToken.map(BusValue.string)
    let answer = try ask(session(id, SessionMember.return, .properties(platformData)), within: Self.launchTime)
    guard let way = answer.first?.string else {
      throw .unexpectedReply(what: SessionMember.return, expected: "the way that was taken")
    }
    return ReturnWay(rawValue: way)
  }

  package func setMuted(_ muted: Bool, _ id: String) throws(CallsError) {
    _ = try ask(session(id, SessionMember.setMuted, .bool(muted)))
  }

  package func setOnHold(_ onHold: Bool, _ id: String) throws(CallsError) {
    _ = try ask(session(id, SessionMember.setOnHold, .bool(onHold)))
  }

  /// Sent once at most: digits that are sent twice are other digits.
  package func sendDtmf(_ digits: String, _ id: String) throws(CallsError) {
    _ = try ask(session(id, SessionMember.sendDtmf, .string(digits)), repeatable: false)
  }

  /// Makes a session's notification this one, and nothing of what it was.
  package func setNotification(_ notification: CustomNotification, _ id: String) throws(CallsError) {
    _ = try ask(session(id, SessionMember.setNotification, notification.encoded))
  }

  /// The notification of the session that is launched next without one of its own. Where the connection to the bus
  /// breaks before, it is lost.
  package func buildOngoingConferenceNotification(_ notification: CustomNotification) throws(CallsError) {
    _ = try ask(manager(ManagerMember.buildOngoingConferenceNotification, notification.encoded))
  }

  /// Creates a channel, or puts it in the place of the one with its id.
  package func createNotificationChannel(_ channel: NotificationChannel) throws(CallsError) {
    _ = try ask(manager(ManagerMember.createNotificationChannel, channel.encoded))
  }

  /// Takes a channel away; what names it is then of the default one, which cannot be deleted. Where the daemon died after
  /// it did so and before it said so, it is asked again, and refuses: there is no such channel any more.
  package func deleteNotificationChannel(_ id: String) throws(CallsError) {
    _ = try ask(manager(ManagerMember.deleteNotificationChannel, .string(id)))
  }

  /// A viewer's end of a new connection to the terminal of a session's program. An answer that was lost is no matter:
  /// the bus closes what nobody gets, and the viewer is gone.
  package func attachTerminal(_ id: String) throws(CallsError) -> ReceivedDescriptor {
    guard let viewer = try ask(session(id, SessionMember.attachTerminal)).first?.descriptor else {
      throw .unexpectedReply(what: SessionMember.attachTerminal, expected: "a descriptor")
    }
    return viewer
  }

  package func session(_ id: String) throws(CallsError) -> SessionInfo {
    guard BusRule.isPath(BusName.sessionPath(id)) else {
      throw .refused(name: BusErrorName.noSuchSession, message: "no session has the id “\(id)”")
    }
    return SessionInfo(
      id: id, properties: try properties(of: BusName.sessionInterface, at: BusName.sessionPath(id)))
  }

  /// All sessions, also those that ended a short while ago, in the order of their launches.
  package func sessions() throws(CallsError) -> [SessionInfo] {
    let call = BusCall(
      to: BusName.service, path: BusName.rootPath, interface: "org.freedesktop.DBus.ObjectManager",
      member: "GetManagedObjects")
    guard case .array(let objects, of: "{oa{sa{sv}}}")? = try ask(call).first else {
      throw .unexpectedReply(what: call.member, expected: "objects")
    }
    var sessions: [SessionInfo] = []
    for case .entry(.objectPath(let path), let interfaces) in objects {
      guard let id = BusName.session(at: path),
        let properties = interfaces.properties?[BusName.sessionInterface]?.properties
      else { continue }
      sessions.append(SessionInfo(id: id, properties: properties))
    }
    return sessions.sorted { ($0.launchedAt, $0.id) < ($1.launchedAt, $1.id) }
  }

  package func manager() throws(CallsError) -> ManagerInfo {
    ManagerInfo(properties: try properties(of: BusName.managerInterface, at: BusName.rootPath))
  }

  /// What happened after the event with this sequence number, oldest first; the first of them is `events-forgotten`
  /// where the daemon no longer knows all.
  package func events(since sequence: UInt64) throws(CallsError) -> [SessionHappening] {
    let answer = try ask(manager(ManagerMember.eventsSince, .uint64(sequence)))
    guard case .array(let elements, of: "(ttsosa{sv})")? = answer.first else {
      throw .unexpectedReply(what: ManagerMember.eventsSince, expected: "events")
    }
    return elements.compactMap(SessionHappening.init(element:))
  }

  /// What the daemon knows of itself, as JSON for people.
  package func describe() throws(CallsError) -> String {
    guard let json = try ask(manager(ManagerMember.describe)).first?.string else {
      throw .unexpectedReply(what: ManagerMember.describe, expected: "a text")
    }
    return json
  }
}

// MARK: - Events

extension CallsClient {
  package enum Change: Sendable, Equatable {
    case happening(SessionHappening)
    /// Another daemon is there, or none: events may have been missed.
    case daemonChanged
  }

  private static let rules = [
    "type='signal',sender='\(BusName.service)',interface='\(BusName.sessionInterface)',"
      + "member='\(SessionMember.event)',path_namespace='\(BusName.rootPath)/session'",
    "type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',"
      + "member='NameOwnerChanged',arg0='\(BusName.service)'",
  ]

  /// Begins to listen to events; to miss none, before what they are the events of.
  package func watch() throws(CallsError) {
    guard !watches else { return }
    try startWatching(until: Deadline(in: limit ?? Self.answerTime))
    watches = true
  }

  /// Whether a daemon is there, as far as ``watch()`` and ``nextChange(until:)`` know.
  package var daemonIsThere: Bool { !(owner ?? "").isEmpty }

  /// Can be polled for reading, after ``watch()``: there may then be a change. -1 where there is no connection.
  package var descriptor: Int32 { connection?.descriptor ?? -1 }

  private func startWatching(until deadline: Deadline) throws(CallsError) {
    for rule in Self.rules { try bus().addMatch(rule, until: deadline) }
    owner = try bus().owner(of: BusName.service, until: deadline)
  }

  /// The next thing that happens after ``watch()``, or nil when nothing does in time.
  package func nextChange(until deadline: Deadline) throws(CallsError) -> Change? {
    try watch()
    while let signal = try nextSignal(until: deadline) {
      if signal.sender == "org.freedesktop.DBus", signal.member == "NameOwnerChanged",
        signal.arguments.count == 3, signal.arguments[0].string == BusName.service
      {
        owner = signal.arguments[2].string
        return .daemonChanged
      }
      guard signal.sender == owner, let happening = SessionHappening(signal: signal) else { continue }
      return .happening(happening)
    }
    return nil
  }

  private func nextSignal(until deadline: Deadline) throws(CallsError) -> BusSignal? {
    do {
      return try bus().nextSignal(until: deadline)
    } catch .disconnected {
      connection = nil
      // However short the caller wants to wait for a signal: this is a question, and has a question's time.
      try startWatching(until: Deadline(in: limit ?? Self.answerTime))
      // What was missed meanwhile is for the caller to find out.
      return BusSignal(
        sender: "org.freedesktop.DBus", path: "/", interface: "org.freedesktop.DBus",
        member: "NameOwnerChanged",
        arguments: [.string(BusName.service), .string(""), .string(owner ?? "")])
    } catch {
      throw error
    }
  }

  /// Waits until `isDone`, or the session has ended.
  ///
  /// Events only say when to look: what counts is the state that the daemon then gives, so that none that was missed
  /// or that somebody else made up matters.
  ///
  /// - Returns: nil where neither came to be in time.
  package func wait(
    for id: String, within time: Duration, until isDone: (SessionInfo) -> Bool
  ) throws(CallsError) -> SessionInfo? {
    let deadline = Deadline(in: time)
    try watch()
    while true {
      let info = try session(id)
      if info.hasEnded || isDone(info) { return info }
      var mayHaveChanged = false
      while !mayHaveChanged {
        switch try nextChange(until: deadline) {
        case .happening(let happening): mayHaveChanged = happening.session == id
        case .daemonChanged: mayHaveChanged = true
        case nil: return nil
        }
      }
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package import CallModel

/// Something to ask the daemon, and how its answer is read.
package struct Question<Answer: Sendable>: Sendable {
  var call: BusCall
  /// How long it may take.
  var time: Duration = AnswerTime.usual
  /// Whether asking twice is as good as asking once; then an answer that was lost does not show.
  var isRepeatable = true
  var read: @Sendable ([BusValue]) throws(CallsError) -> Answer

  init(
    _ call: BusCall, within time: Duration = AnswerTime.usual,
    read: @escaping @Sendable ([BusValue]) throws(CallsError) -> Answer
  ) {
    (self.call, self.time, self.read) = (call, time, read)
  }
}

/// How long to wait for an answer.
enum AnswerTime {
  static let usual: Duration = .seconds(25)
  /// A launch returns once the engine runs.
  static let launch: Duration = .seconds(60)
  /// An abort returns once nothing runs any more but a farewell, and what has to do with a password when the user has
  /// unlocked the keyring.
  static let abort: Duration = .seconds(120)
  /// After the user has unlocked the keyring, it takes a minute at most.
  static let test: Duration = .seconds(150)
  /// The user is asked for a minute; then the call is launched.
  static let offer: Duration = .seconds(130)
}

/// Asking again, after the daemon or the bus went away in the middle of a question.
struct RetryPolicy {
  /// A daemon that goes away so often in the middle of one question is not there.
  private static let repetitions = 10
  private var repetitions = 0
  private var reconnections = 0
  /// Between tries to have the daemon started. A manager that re-executes itself is away for a moment.
  private var pauses: [Duration] = [.milliseconds(100), .milliseconds(400)]

  /// How long to wait before the bus is asked once more to start the daemon, which it could not; nil is that it cannot.
  mutating func pauseBeforeStart() -> Duration? { pauses.isEmpty ? nil : pauses.removeFirst() }

  /// Whether to ask once more. After ``CallsError/disconnected`` on a new connection.
  mutating func asksAgain(after error: CallsError) -> Bool {
    switch error {
    case .daemonVanished:
      repetitions += 1
      return repetitions <= Self.repetitions
    case .disconnected:
      reconnections += 1
      return reconnections == 1
    default: return false
    }
  }
}

// MARK: - Of the manager

func toManager(_ method: ManagerMethod, _ arguments: BusValue...) -> BusCall {
  var call = BusCall(
    to: BusName.service, path: BusName.rootPath, interface: BusName.managerInterface, member: method.rawValue)
  call.arguments = arguments
  return call
}

func getProperties(of interface: String, at path: String) -> BusCall {
  BusCall(
    to: BusName.service, path: path, interface: "org.freedesktop.DBus.Properties", member: "GetAll",
    .string(interface))
}

extension Question<String> {
  /// Launches a session and returns its id. The answer may be lost: by its token, a repeated launch is the same one.
  package static func launch(_ request: LaunchRequest) -> Self {
    Self(toManager(.launch, request.encoded), within: AnswerTime.launch) { answer throws(CallsError) in
      guard let path = answer.first?.asObjectPath, let id = BusName.session(at: path) else {
        throw .unexpectedReply(what: ManagerMethod.launch.rawValue, expected: "a session's object path")
      }
      return id
    }
  }

  /// What the daemon knows of itself, as JSON for people.
  static var describe: Self {
    Self(toManager(.describe)) { answer throws(CallsError) in
      guard let json = answer.first?.asString else {
        throw .unexpectedReply(what: ManagerMethod.describe.rawValue, expected: "a text")
      }
      return json
    }
  }
}

extension Question<ManagerInfo> {
  package static var manager: Self {
    Self(getProperties(of: BusName.managerInterface, at: BusName.rootPath)) { answer throws(CallsError) in
      ManagerInfo(properties: try propertyValues(answer))
    }
  }
}

extension Question<[SessionHappening]> {
  /// What happened after the event with this sequence number, oldest first; the first of them is `events-forgotten`
  /// where the daemon no longer knows all.
  package static func events(since sequence: UInt64) -> Self {
    Self(toManager(.eventsSince, .uint64(sequence))) { answer throws(CallsError) in
      guard case .array(let elements, of: "(ttsosa{sv})")? = answer.first else {
        throw .unexpectedReply(what: ManagerMethod.eventsSince.rawValue, expected: "events")
      }
      return elements.compactMap(SessionHappening.init(element:))
    }
  }
}

/// All objects, with the properties of one interface.
func getObjects() -> BusCall {
  BusCall(
    to: BusName.service, path: BusName.rootPath, interface: "org.freedesktop.DBus.ObjectManager",
    member: "GetManagedObjects")
}

func objects(
  _ answer: [BusValue], with interface: String
) throws(CallsError) -> [(path: String, properties: [String: BusValue])] {
  guard case .array(let objects, of: "{oa{sa{sv}}}")? = answer.first else {
    throw .unexpectedReply(what: "GetManagedObjects", expected: "objects")
  }
  return objects.compactMap { object in
    guard case .entry(.objectPath(let path), let interfaces) = object,
      let properties = interfaces.asDictionary?[interface]?.asDictionary
    else { return nil }
    return (path, properties)
  }
}

extension Question<[SessionInfo]> {
  /// All sessions, also those that ended a short while ago, in the order of their launches.
  package static var sessions: Self {
    Self(getObjects()) { answer throws(CallsError) in
      let sessions = try objects(answer, with: BusName.sessionInterface).compactMap { path, properties in
        BusName.session(at: path).map { SessionInfo(id: $0, properties: properties) }
      }
      return sessions.sorted { ($0.launchedAt, $0.id) < ($1.launchedAt, $1.id) }
    }
  }
}

func propertyValues(_ answer: [BusValue]) throws(CallsError) -> [String: BusValue] {
  guard let properties = answer.first?.asDictionary else {
    throw .unexpectedReply(what: "GetAll", expected: "properties")
  }
  return properties
}

// MARK: - Of a session

private func toSession(_ id: String, _ method: SessionMethod, _ arguments: BusValue...) -> BusCall {
  var call = BusCall(
    to: BusName.service, path: BusName.sessionPath(id), interface: BusName.sessionInterface, member: method.rawValue)
  call.arguments = arguments
  return call
}

extension Question<Void> {
  static func tell(_ call: BusCall, within time: Duration = AnswerTime.usual) -> Self {
    Self(call, within: time) { _ throws(CallsError) in }
  }

  /// Ends a session; answered when nothing of it runs any more but a farewell. Aborting one that has ended is no error.
  package static func abort(_ id: String) -> Self {
    tell(toManager(.abort, .string(id)), within: AnswerTime.abort)
  }

  package static func hangUp(_ id: String) -> Self {
    tell(toSession(id, .hangUp), within: AnswerTime.abort)
  }

  package static func setMuted(_ muted: Bool, _ id: String) -> Self {
    tell(toSession(id, .setMuted, .bool(muted)))
  }

  package static func setOnHold(_ onHold: Bool, _ id: String) -> Self {
    tell(toSession(id, .setOnHold, .bool(onHold)))
  }

  /// Sent once at most: digits that are sent twice are other digits.
  package static func sendDtmf(_ digits: String, _ id: String) -> Self {
    var question = tell(toSession(id, .sendDtmf, .string(digits)))
    question.isRepeatable = false
    return question
  }

  /// Sent once at most: keys that are typed twice are other keys.
  package static func sendKeys(_ text: String, _ id: String) -> Self {
    var question = tell(toSession(id, .sendKeys, .string(text)))
    question.isRepeatable = false
    return question
  }

  /// Sent once at most: the second would find that the far end has been asked already.
  package static func transfer(to target: String, _ id: String) -> Self {
    var question = tell(toSession(id, .transfer, .string(target)))
    question.isRepeatable = false
    return question
  }

  /// The same, to the far end of another session.
  package static func transfer(toSession other: String, _ id: String) -> Self {
    var question = tell(toSession(id, .transferTo, .objectPath(BusName.sessionPath(other))))
    question.isRepeatable = false
    return question
  }

  package static func setAudio(microphone: String?, speaker: String?, _ id: String) -> Self {
    let devices = DeviceChoice(microphone: microphone, speaker: speaker)
    return tell(toSession(id, .setAudio, devices.encoded))
  }

  /// Sent once at most: the second would find that the call is recorded already.
  package static func startRecording(_ file: String, _ id: String) -> Self {
    var question = tell(toSession(id, .startRecording, .string(file)))
    question.isRepeatable = false
    return question
  }

  package static func stopRecording(_ id: String) -> Self { tell(toSession(id, .stopRecording)) }

  /// Makes a session's notification this one, and nothing of what it was.
  package static func setNotification(_ notification: CustomNotification, _ id: String) -> Self {
    tell(toSession(id, .setNotification, notification.encoded))
  }

  /// Gives a session another name; "" takes the one that it has away.
  package static func setName(_ name: String, _ id: String) -> Self { tell(toSession(id, .setName, .string(name))) }

  /// The notification of the session that is launched next without one of its own. Where the connection to the bus
  /// breaks before, it is lost.
  package static func buildOngoingConferenceNotification(_ notification: CustomNotification) -> Self {
    tell(toManager(.buildOngoingConferenceNotification, notification.encoded))
  }

  /// Creates a channel, or puts it in the place of the one with its id.
  package static func createNotificationChannel(_ channel: NotificationChannel) -> Self {
    tell(toManager(.createNotificationChannel, channel.encoded))
  }

  /// Takes a channel away; what names it is then of the default one, which cannot be deleted. Where the daemon died after
  /// it did so and before it said so, it is asked again, and refuses: there is no such channel any more.
  package static func deleteNotificationChannel(_ id: String) -> Self {
    tell(toManager(.deleteNotificationChannel, .string(id)))
  }
}

extension Question<SessionInfo> {
  package static func session(_ id: String) throws(CallsError) -> Self {
    guard BusRule.isPath(BusName.sessionPath(id)) else {
      throw .refused(name: BusErrorName.noSuchSession, message: "there is no session with the id “\(id)”")
    }
    return Self(getProperties(of: BusName.sessionInterface, at: BusName.sessionPath(id))) { answer throws(CallsError) in
      SessionInfo(id: id, properties: try propertyValues(answer))
    }
  }
}

extension Question<ReturnWay?> {
  /// Brings the user back to where the call is shown, and returns the way that was taken; nil is one that this client
  /// does not know.
  ///
  /// - Parameter activationToken: what lets a window come to the front, where the desktop has given one.
  package static func bringBack(to id: String, activationToken: String?) -> Self {
    var platformData: [String: BusValue] = [:]
    platformData[PlatformKey.activationToken] = activationToken.map(BusValue.string)
    let call = toSession(id, .return, .dictionary(platformData))
    return Self(call, within: AnswerTime.launch) { answer throws(CallsError) in
      guard let way = answer.first?.asString else {
        throw .unexpectedReply(what: SessionMethod.return.rawValue, expected: "the way that was taken")
      }
      return ReturnWay(rawValue: way)
    }
  }
}

extension Question<String?> {
  /// Answers the far end's request for a transfer, and returns the session that was launched for it; nil where it was
  /// declined. Sent once at most: the second would find nothing to answer.
  package static func answerTransfer(_ accept: Bool, to address: String, _ id: String) -> Self {
    var question = Self(toSession(id, .answerTransfer, .bool(accept), .string(address)), within: AnswerTime.launch) {
      answer throws(CallsError) in
      guard let path = answer.first?.asObjectPath else {
        throw .unexpectedReply(what: SessionMethod.answerTransfer.rawValue, expected: "an object path")
      }
      return BusName.session(at: path)
    }
    question.isRepeatable = false
    return question
  }
}

extension Question<BusDescriptor> {
  /// A viewer's end of a new connection to the terminal of a session's program. An answer that was lost is no matter:
  /// the bus closes what nobody gets, and the viewer is gone.
  package static func attachTerminal(_ id: String) -> Self {
    Self(toSession(id, .attachTerminal)) { answer throws(CallsError) in
      guard let viewer = answer.first?.asDescriptor else {
        throw .unexpectedReply(what: SessionMethod.attachTerminal.rawValue, expected: "a descriptor")
      }
      return viewer
    }
  }
}

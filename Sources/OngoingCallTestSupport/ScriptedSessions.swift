// SPDX-License-Identifier: Apache-2.0
package import CallModel
internal import OngoingCall

/// The sessions of a ``ScriptedDaemon``, and what the D-Bus API says of them when all is well.
struct ScriptedSessions: Sendable {
  private var sessions: [String: [String: BusValue]] = [:]
  private var tokens: [String: String] = [:]
  private var sequence: UInt64 = 0
  /// What `EventsSince` has: elements by their sequence numbers.
  private var history: [(sequence: UInt64, element: BusValue)] = []
  var manager: [String: BusValue] = [
    "Version": .string("0.1.0"), "Engines": .strings(["command", "sip"]),
    "NotificationSurface": .string("plain"),
  ]

  /// 2024-05-01 12:00:00 UTC
  private static let launchTime: UInt64 = 1_714_564_800_000_000

  /// What the properties of a session are after an event.
  private static let consequences: [String: [String: BusValue]] = [
    "session-joined": ["State": .string("joined")],
    "connection-lost": ["State": .string("reconnecting")],
    "connection-restored": ["State": .string("joined")],
    "hang-up-requested": ["State": .string("leaving")],
    "session-left": ["State": .string("ended")],
    "session-timed-out": ["State": .string("ended")],
    "connection-closed": ["State": .string("ended")],
    "launch-failed": ["State": .string("ended")],
  ]

  mutating func change(_ id: String, _ properties: [String: BusValue]) {
    sessions[id, default: [:]].merge(properties) { $1 }
  }

  /// Forgets all events, as a daemon does whose records are lost.
  mutating func loseHistory() { (history, sequence) = ([], 0) }

  mutating func forget(_ id: String) { sessions[id] = nil }

  mutating func steps(for request: ScriptedDaemon.Request) -> [ScriptedDaemon.Step] {
    switch (request.interface, request.member) {
    case ("org.freedesktop.DBus.ObjectManager", "GetManagedObjects"): return [.reply([objects])]
    case ("org.freedesktop.DBus.Properties", "GetAll"):
      guard request.path != BusName.rootPath else {
        return [.reply([.dictionary(manager.merging(["Sequence": .uint64(sequence)]) { $1 })])]
      }
      guard let properties = sessions[request.session] else { return [Self.unknown(request.path)] }
      return [.reply([.dictionary(properties)])]
    case (BusName.managerInterface, "Launch"): return launch(request.arguments[0].asDictionary ?? [:])
    case (BusName.managerInterface, "Abort"):
      let id = request.arguments[0].asString ?? ""
      guard sessions[id] != nil else {
        return [.fail(BusErrorName.noSuchSession, "there is no session “\(id)”")]
      }
      return end(id, "aborted")
    case (BusName.managerInterface, "EventsSince"):
      let since = request.arguments[0].asUInt64 ?? 0
      return [.reply([.array(history.filter { $0.sequence > since }.map(\.element), of: "(ttsosa{sv})")])]
    case (BusName.managerInterface, "Describe"): return [.reply([.string("{}")])]
    case (BusName.sessionInterface, _):
      guard sessions[request.session] != nil else { return [Self.unknown(request.path)] }
      return tell(request)
    default: return [.fail("org.freedesktop.DBus.Error.UnknownMethod", "unknown method \(request.member)")]
    }
  }

  /// What sd-bus says of an object that is not there.
  private static func unknown(_ path: String) -> ScriptedDaemon.Step {
    .fail("org.freedesktop.DBus.Error.UnknownObject", "Unknown object '\(path)'.")
  }

  private var objects: BusValue {
    let entries = sessions.sorted { $0.key < $1.key }.map { id, properties in
      BusValue.entry(
        .objectPath(BusName.sessionPath(id)),
        .array([.entry(.string(BusName.sessionInterface), .dictionary(properties))], of: "{sa{sv}}"))
    }
    return .array(entries, of: "{oa{sa{sv}}}")
  }

  private mutating func launch(_ options: [String: BusValue]) -> [ScriptedDaemon.Step] {
    let token = options[LaunchOption.token]?.asString ?? ""
    // Ids that begin alike, so that prefixes of them may be ambiguous.
    if let id = tokens[token], sessions[id] != nil { return [.reply([.objectPath(BusName.sessionPath(id))])] }
    let id = "abcd000\(sessions.count)"
    tokens[token] = id
    let uri = options[LaunchOption.uri]?.asString ?? ""
    change(
      id,
      [
        "Id": .string(id), "Uri": .string(uri),
        "Title": options["title"] ?? .string(uri.isEmpty ? "program" : uri),
        "Engine": .string(uri.isEmpty ? "command" : "sip"),
        "State": .string("launching"), "LaunchedAt": .uint64(Self.launchTime),
        "Token": .string(token), "Adopted": .bool(options[LaunchOption.adoptPIDFD] != nil),
      ])
    return [.happen(id, "session-launched"), .reply([.objectPath(BusName.sessionPath(id))])]
  }

  private mutating func end(_ id: String, _ reason: String) -> [ScriptedDaemon.Step] {
    guard sessions[id]?["State"]?.asString != "ended" else { return [.reply([])] }
    change(id, ["State": .string("ended"), "EndReason": .string(reason)])
    return [.happen(id, "session-left", ["reason": .string(reason)]), .reply([])]
  }

  private mutating func tell(_ request: ScriptedDaemon.Request) -> [ScriptedDaemon.Step] {
    let id = request.session
    switch request.member {
    case "HangUp": return end(id, "hung-up")
    case "Return": return [.reply([.string(ReturnWay.event.rawValue)])]
    case "SetMuted":
      return [
        .reply([]), .change(id, ["Muted": request.arguments[0]]),
        .happen(id, "muted-changed", ["muted": request.arguments[0]]),
      ]
    case "SetOnHold":
      return [
        .reply([]), .change(id, ["OnHold": request.arguments[0]]),
        .happen(id, "on-hold-changed", ["on-hold": request.arguments[0]]),
      ]
    default: return [.reply([])]
    }
  }

  /// Records what happens; what is left to do is to tell of it.
  mutating func carriedOut(_ step: ScriptedDaemon.Step) -> ScriptedDaemon.Step? {
    guard case .happen(let id, let name, let details, let told) = step else { return step }
    sequence += 1
    let element: [BusValue] = [
      .uint64(sequence), .uint64(Self.launchTime), .string(id), .objectPath(BusName.sessionPath(id)), .string(name),
      .dictionary(details),
    ]
    history.append((sequence, .structure(element)))
    change(id, Self.consequences[name] ?? [:])
    for (key, property) in [
      ("muted", "Muted"), ("on-hold", "OnHold"),
      ("reason", "EndReason"),
    ] {
      if let value = details[key] { change(id, [property: value]) }
    }
    return told ? .event(id, name, sequence: sequence, details: details) : nil
  }
}

extension ScriptedDaemon.Step {
  /// A session's `Event` signal.
  package static func event(
    _ id: String, _ name: String, sequence: UInt64 = 1, details: [String: BusValue] = [:], to: String? = nil
  ) -> ScriptedDaemon.Step {
    .signal(
      to: to, path: BusName.sessionPath(id), interface: BusName.sessionInterface, member: "Event",
      [.uint64(sequence), .uint64(1_714_564_800_000_000), .string(name), .dictionary(details)])
  }
}

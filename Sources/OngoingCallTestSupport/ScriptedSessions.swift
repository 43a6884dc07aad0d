// SPDX-License-Identifier: Apache-2.0
package import OngoingCall
internal import OngoingCallNames

/// The sessions of a ``ScriptedDaemon``, and what the D-Bus API says of them when all is well.
struct ScriptedSessions: Sendable {
  private var sessions: [String: [String: BusValue]] = [:]
  private var tokens: [String: String] = [:]
  private var sequence: UInt64 = 0
  var manager: [String: BusValue] = [
    ManagerProperty.version: .string("0.1.0"), ManagerProperty.engines: .strings(["command", "sip"]),
    ManagerProperty.notificationSurface: .string("plain"),
  ]

  /// 2024-05-01 12:00:00 UTC
  private static let launchTime: UInt64 = 1_714_564_800_000_000

  mutating func change(_ id: String, _ properties: [String: BusValue]) {
    sessions[id, default: [:]].merge(properties) { $1 }
  }

  mutating func forget(_ id: String) { sessions[id] = nil }

  mutating func steps(for request: ScriptedDaemon.Request) -> [ScriptedDaemon.Step] {
    switch (request.interface, request.member) {
    case ("org.freedesktop.DBus.ObjectManager", "GetManagedObjects"): return [.reply([objects])]
    case ("org.freedesktop.DBus.Properties", "GetAll"):
      guard request.path != BusName.rootPath else {
        return [.reply([.properties(manager.merging([ManagerProperty.sequence: .uint64(sequence)]) { $1 })])]
      }
      guard let properties = sessions[request.session] else { return [Self.unknown(request.path)] }
      return [.reply([.properties(properties)])]
    case (BusName.managerInterface, ManagerMember.launch): return launch(request.arguments[0].properties ?? [:])
    case (BusName.managerInterface, ManagerMember.abort):
      let id = request.arguments[0].string ?? ""
      guard sessions[id] != nil else {
        return [.fail(BusErrorName.noSuchSession, "there is no session “\(id)”")]
      }
      return end(id, "aborted")
    case (BusName.managerInterface, ManagerMember.eventsSince): return [.reply([.array([], of: "(ttsosa{sv})")])]
    case (BusName.managerInterface, ManagerMember.describe): return [.reply([.string("{}")])]
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
        .array([.entry(.string(BusName.sessionInterface), .properties(properties))], of: "{sa{sv}}"))
    }
    return .array(entries, of: "{oa{sa{sv}}}")
  }

  private mutating func launch(_ options: [String: BusValue]) -> [ScriptedDaemon.Step] {
    let token = options[LaunchOption.token]?.string ?? ""
    // Ids that begin alike, so that prefixes of them may be ambiguous.
    let id = tokens[token] ?? "abcd000\(sessions.count)"
    tokens[token] = id
    let uri = options[LaunchOption.uri]?.string ?? ""
    change(
      id,
      [
        SessionProperty.id: .string(id), SessionProperty.uri: .string(uri),
        SessionProperty.title: options[LaunchOption.title] ?? .string(uri.isEmpty ? "program" : uri),
        SessionProperty.engine: .string(uri.isEmpty ? "command" : "sip"),
        SessionProperty.state: .string("launching"), SessionProperty.launchedAt: .uint64(Self.launchTime),
      ])
    return [.reply([.objectPath(BusName.sessionPath(id))])]
  }

  private mutating func end(_ id: String, _ reason: String) -> [ScriptedDaemon.Step] {
    if sessions[id]?[SessionProperty.state]?.string != "ended" {
      change(id, [SessionProperty.state: .string("ended"), SessionProperty.endReason: .string(reason)])
    }
    return [.reply([])]
  }

  private mutating func tell(_ request: ScriptedDaemon.Request) -> [ScriptedDaemon.Step] {
    let id = request.session
    switch request.member {
    case SessionMember.hangUp: return end(id, "hung-up")
    case SessionMember.return: return [.reply([.string(ReturnWay.event.rawValue)])]
    case SessionMember.setMuted:
      return [.reply([]), .change(id, [SessionProperty.muted: request.arguments[0]]), event(id, "muted-changed")]
    case SessionMember.setOnHold:
      return [.reply([]), .change(id, [SessionProperty.onHold: request.arguments[0]]), event(id, "on-hold-changed")]
    default: return [.reply([])]
    }
  }

  private mutating func event(_ id: String, _ name: String) -> ScriptedDaemon.Step {
    sequence += 1
    return .event(id, name, sequence: sequence)
  }
}

extension ScriptedDaemon.Step {
  /// A session's `Event` signal.
  package static func event(
    _ id: String, _ name: String, sequence: UInt64 = 1, details: [String: BusValue] = [:], to: String? = nil
  ) -> ScriptedDaemon.Step {
    .signal(
      to: to, path: BusName.sessionPath(id), interface: BusName.sessionInterface, member: SessionMember.event,
      [.uint64(sequence), .uint64(1_714_564_800_000_000), .string(name), .properties(details)])
  }
}

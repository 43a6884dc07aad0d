// SPDX-License-Identifier: Apache-2.0
package import CallModel
internal import Glibc
package import Systemd

/// The name and the object of the user's service manager on a bus that has none, with as much of its interface as the
/// daemon uses. It runs nothing: a test says what becomes of its units. (With the real one: Tests/EndToEnd.)
@EventLoopActor
package final class ServiceManagerStandIn {
  package struct Request: Sendable, Equatable {
    package var member: String
    package var arguments: [BusValue]

    package init(member: String, arguments: [BusValue]) {
      self.member = member
      self.arguments = arguments
    }
  }

  /// All that was asked, but for questions that change nothing.
  package let requests = Mailbox<Request>()
  /// The units that are loaded.
  package var units: Set<String> = []
  /// Whether it can write down the units that it is given.
  package var hasRoom = true
  /// `NAME=VALUE`, of all that it starts.
  package var environment: [String] = []
  /// What becomes of jobs that start a unit.
  package var jobResult = "done"
  /// Whether it says when they have ended.
  package var saysEnds = true
  /// What becomes of what it is asked to change.
  package var manner = Manner.answering

  package enum Manner: Sendable {
    case answering
    /// It does what it is asked, and is replaced before it says so.
    case leaving
    /// It is replaced before it does anything.
    case leavingAtOnce
  }

  /// The engines' ends of channels that were given to started units, by unit; they belong to who takes them.
  package var channels: [String: Int32] = [:]

  private var bus: Bus
  private var slot: BusSlot?
  private var unanswered: [MethodCall] = []
  private var jobs: UInt32 = 0
  private static let path = "/org/freedesktop/systemd1"
  private static let interface = "org.freedesktop.systemd1.Manager"

  /// On the connection `bus`, as long as this is there.
  package init(on bus: Bus) async throws {
    self.bus = bus
    try await appear()
  }

  private func appear() async throws {
    slot = try bus.serve(Self.path) { [weak self] in self?.answer($0) }
    try await bus.requestName("org.freedesktop.systemd1")
  }

  /// Goes from the bus and comes back on another connection, as a manager that re-executes. Nobody else may have the
  /// first one.
  package func reexecute(on successor: Bus) async throws {
    (slot, manner) = (nil, .answering)
    bus = successor
    unanswered = []
    // Until the bus has noticed.
    while try await bus.hasOwner("org.freedesktop.systemd1") {}
    try await appear()
  }

  /// Forgets a unit, and says so.
  package func remove(_ unit: String) throws {
    units.remove(unit)
    try signal("UnitRemoved", [.string(unit), .objectPath(Self.path + "/unit/x")])
  }

  /// Says that the program of a unit has ended with a status that is not 0.
  package func fail(_ unit: String, status: Int32) throws {
    let changed: [String: BusValue] = ["Result": .string("exit-code"), "ExecMainStatus": .int32(status)]
    try bus.emit(
      path: path(of: unit), interface: "org.freedesktop.DBus.Properties",
      member: "PropertiesChanged",
      [.string("org.freedesktop.systemd1.Service"), .dictionary(changed), .strings([])])
  }

  /// Says of every unit that it is removed, and keeps it, as a manager does that reloads.
  package func reload() throws {
    for unit in units { try signal("UnitRemoved", [.string(unit), .objectPath(Self.path + "/unit/x")]) }
  }

  private func signal(_ member: String, _ arguments: [BusValue]) throws {
    try bus.emit(path: Self.path, interface: Self.interface, member: member, arguments)
  }

  private func answer(_ call: MethodCall) {
    var arguments: [BusValue] = []
    while let argument = try? call.message.read() { arguments.append(argument) }
    let unit = arguments.first?.asString ?? ""
    switch call.message.member {
    case "Subscribe": return call.reply()
    case "GetUnit":
      return units.contains(unit) ? call.reply([.objectPath(path(of: unit))]) : refuse(unit, call)
    case "ListUnitsByPatterns": return call.reply([list])
    case "Get" where arguments.last == .string("Environment"):
      return call.reply([.variant(.strings(environment))])
    case "Get": return get(arguments.last?.asString ?? "", call)
    default: break
    }
    requests.put(Request(member: call.message.member, arguments: arguments))
    if manner != .answering { unanswered.append(call) }
    if manner == .leavingAtOnce { return }
    switch call.message.member {
    case "StartTransientUnit" where !hasRoom: refuse(unit, call)
    case "StartTransientUnit":
      if jobResult == "done" { channels[unit] = Self.standardInput(arguments[2]) }
      start(unit, call)
    case _ where !units.contains(unit): refuse(unit, call)
    case "StopUnit": call.reply([.objectPath(Self.path + "/job/1")])
    default: call.reply()
    }
  }

  private func path(of unit: String) -> String { BusSyntax.path(Self.path + "/unit", unit) ?? "/" }

  /// A property of a unit that is loaded, and has no job any more.
  private func get(_ property: String, _ call: MethodCall) {
    switch property {
    case _ where !units.contains { path(of: $0) == call.message.path }: refuse(call.message.path, call)
    case "ActiveState": call.reply([.variant(.string(jobResult == "done" ? "active" : "failed"))])
    case "Job": call.reply([.variant(.structure([.uint32(0), .objectPath("/")]))])
    default: call.fail(BusError("org.freedesktop.DBus.Error.UnknownProperty", property))
    }
  }

  private func start(_ unit: String, _ call: MethodCall) {
    jobs += 1
    let job = BusValue.objectPath("\(Self.path)/job/\(jobs)")
    guard manner == .answering else { return _ = units.insert(unit) }
    call.reply([job])
    guard saysEnds else { return _ = units.insert(unit) }
    // Another's job ends first.
    try? signal("JobRemoved", [.uint32(jobs + 1000), .objectPath("/"), .string("other.service"), .string("failed")])
    if jobResult == "done" { units.insert(unit) }
    try? signal("JobRemoved", [.uint32(jobs), job, .string(unit), .string(jobResult)])
  }

  /// A copy, as the message takes its own with it.
  private static func standardInput(_ properties: BusValue) -> Int32? {
    for property in properties.asArray ?? [] {
      guard case .structure(let pair) = property, pair.first?.asString == "StandardInputFileDescriptor",
        case .variant(.descriptor(let descriptor)) = pair[1]
      else { continue }
      return fcntl(descriptor.raw, F_DUPFD_CLOEXEC, 3)
    }
    return nil
  }

  private func refuse(_ unit: String, _ call: MethodCall) {
    call.fail(BusError("org.freedesktop.systemd1.NoSuchUnit", "Unit \(unit) not loaded."))
  }

  /// a(ssssssouso)
  private var list: BusValue {
    let path = BusValue.objectPath("/")
    let rows = units.sorted().map { unit in
      BusValue.structure([
        .string(unit), .string(""), .string("loaded"), .string("active"), .string("running"), .string(""), path,
        .uint32(0), .string(""), path,
      ])
    }
    return .array(rows, of: "(ssssssouso)")
  }
}

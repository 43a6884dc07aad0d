// SPDX-License-Identifier: Apache-2.0
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

  /// The engines' ends of channels that were given to started units, by unit; they belong to who takes them.
  package var channels: [String: Int32] = [:]

  private let bus: Bus
  private var slot: BusSlot?
  private var jobs: UInt32 = 0
  private static let path = "/org/freedesktop/systemd1"
  private static let interface = "org.freedesktop.systemd1.Manager"

  /// On the connection `bus`, as long as this is there.
  package init(on bus: Bus) async throws {
    self.bus = bus
    slot = try bus.serve(Self.path) { [weak self] in self?.answer($0) }
    try await bus.requestName("org.freedesktop.systemd1")
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
      path: BusSyntax.path(Self.path + "/unit", unit) ?? "/", interface: "org.freedesktop.DBus.Properties",
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
      return units.contains(unit) ? call.reply([.objectPath(Self.path + "/unit/x")]) : refuse(unit, call)
    case "ListUnitsByPatterns": return call.reply([list])
    case "Get" where arguments.last == .string("Environment"):
      return call.reply([.variant(.strings(environment))])
    default: break
    }
    requests.put(Request(member: call.message.member, arguments: arguments))
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

  private func start(_ unit: String, _ call: MethodCall) {
    jobs += 1
    let job = BusValue.objectPath("\(Self.path)/job/\(jobs)")
    call.reply([job])
    // Another's job ends first.
    try? signal("JobRemoved", [.uint32(jobs + 1000), .objectPath("/"), .string("other.service"), .string("failed")])
    if jobResult == "done" { units.insert(unit) }
    try? signal("JobRemoved", [.uint32(jobs), job, .string(unit), .string(jobResult)])
  }

  /// A copy, as the message takes its own with it.
  private static func standardInput(_ properties: BusValue) -> Int32? {
    for property in properties.asArray ?? [] {
      guard case .structure(let pair) = property, pair.first?.asString == "StandardInputFileDescriptor",
        case .variant(.unixFD(let descriptor)) = pair[1]
      else { continue }
      return fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
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

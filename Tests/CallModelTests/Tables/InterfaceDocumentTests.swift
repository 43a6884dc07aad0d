// SPDX-License-Identifier: Apache-2.0
import CallModel
import OngoingCallTestSupport
import Testing

/// What the code has in its tables and `packaging/dbus-1/org.ongoingcall.Calls1.xml` are the same, member by member and
/// name by name. That the objects on the bus are the same, too, is for the daemon's tests.
struct InterfaceDocumentTests {
  let document: InterfaceDocument

  init() throws {
    document = InterfaceDocument(try ProjectFiles.text("packaging/dbus-1/org.ongoingcall.Calls1.xml"))
  }

  private func member(_ name: String, of interface: BusInterface = .session) throws -> InterfaceDocument.Member {
    try #require(document[interface.name]?[name])
  }

  /// The names of the list that defines this one, of a comment before a member; sorted.
  private func names(with name: String, of member: String) throws -> [String] {
    try #require(try self.member(member).lists.list(with: name)).names.sorted()
  }

  @Test(arguments: [BusInterface.manager, .session, .account])
  func everyMemberIsThatOfTheTable(_ interface: BusInterface) throws {
    let documented = try #require(document[interface.name])
    #expect(documented.members.count == documented.lines.count)
    #expect(documented.lines == interface.lines)
  }

  // MARK: What comments define

  @Test func events() throws {
    let (ends, others) = (
      try names(with: "session-left", of: "Event"), try names(with: "session-launched", of: "Event")
    )
    #expect(ends == TerminalEvent.allCases.map(\.rawValue).sorted())
    #expect((ends + others).sorted() == EventName.allCases.map(\.rawValue).sorted())
  }

  @Test func details() throws {
    let lists = try member("Event").lists
    var announced = types(of: EventDetails.announced)
    announced[EventDetails.more] = "b"
    #expect(lists.list(with: "reason")?.types == announced)
    #expect(lists.list(with: "detail")?.types == types(of: EventDetails.told))
  }

  @Test func causesAndRecordings() throws {
    #expect(try names(with: "engine-hang", of: "Event") == InterruptionCause.allCases.map(\.rawValue).sorted())
    #expect(try names(with: "engine-replaced", of: "Event") == RecordingEnd.allCases.map(\.rawValue).sorted())
  }

  @Test func states() throws {
    #expect(try names(with: "launching", of: "State") == SessionState.allCases.map(\.rawValue).sorted())
  }

  @Test func statesOfAccounts() throws {
    let states = try member("State", of: .account).lists.flatMap(\.names)
    #expect(states.sorted() == AccountState.allCases.map(\.rawValue).sorted())
  }

  @Test func reasons() throws {
    let reasons = try member("EndReason").lists.flatMap(\.names)
    #expect(reasons.sorted() == EndReason.allCases.map(\.rawValue).sorted())
  }

  @Test func media() throws {
    #expect(try member("Media").lists.list(with: "sent")?.types == types(of: MediaCounters.rows))
  }

  @Test func notifications() throws {
    let lists = try member("Notification").lists
    #expect(lists.list(with: "state")?.types == types(of: NotificationStatus.rows))
    #expect(try names(with: "shown", of: "Notification") == NotificationPlace.allCases.map(\.rawValue).sorted())
    let surfaces = try member("NotificationSurface", of: .manager).lists.list(with: "plain")
    #expect(surfaces?.names == NotificationSurface.allCases.filter { $0 != .unknown }.map(\.rawValue))
  }

  @Test func errors() throws {
    let names = try #require(document.lists.list(with: "NoSuchSession")).names
    #expect(names.map { BusErrorName.prefix + $0 } == BusErrorName.all)
    #expect(BusErrorName.noSuchSession == "org.ongoingcall.Calls1.Error.NoSuchSession")
  }

  private func types<Whole>(of rows: [BusRow<Whole>]) -> [String: String] {
    Dictionary(uniqueKeysWithValues: rows.map { ($0.name, $0.signature) })
  }

  @Test func namesAndPathsAreWellFormed() {
    #expect(BusName.sessionPath("7k3m9x2p") == "/org/ongoingcall/Calls1/session/7k3m9x2p")
    #expect(BusName.rootPath == "/" + BusName.service.split(separator: ".").joined(separator: "/"))
    for name in [BusName.managerInterface, BusName.sessionInterface] {
      #expect(name.hasPrefix(BusName.service + "."))
    }
  }
}

extension BusInterface {
  /// As an ``InterfaceDocument`` has them.
  fileprivate var lines: Set<String> {
    let methods = methods.map { method in
      "method \(method.name)  " + Self.line("in", method.takes) + Self.line("out", method.gives)
    }
    let signals = signals.map { "signal \($0.name)  " + Self.line("out", $0.gives) }
    let properties = properties.map { property in
      let changes = property.announcement.rawValue
      return "property \(property.name) \(property.signature) read"
        + (changes == "true" ? "" : " | org.freedesktop.DBus.Property.EmitsChangedSignal=\(changes)")
    }
    return Set(methods + signals + properties)
  }

  private static func line(_ direction: String, _ arguments: [BusArgument]) -> String {
    arguments.map { " | \(direction) \($0.signature) \($0.name)" }.joined()
  }
}

// SPDX-License-Identifier: Apache-2.0
import CallModel
import Glibc
import OngoingCallTestSupport
import Synchronization
import Testing

@testable import OngoingCall

@Suite struct BusConnectionTests {
  private func ask(_ bus: PrivateBus, within time: Duration = .seconds(20)) throws -> [BusValue] {
    try BusConnection(address: bus.address).call(
      BusCall(to: BusName.service, path: BusName.rootPath, interface: BusName.managerInterface, member: "Describe"),
      until: Deadline(in: time))
  }

  @Test func aDaemonThatIsNotInstalled() throws {
    let bus = try PrivateBus()
    #expect(throws: CallsError.daemonNotInstalled) { try ask(bus) }
  }

  @Test(arguments: ["/bin/false", "/nonexistent/ongoingcalld"])
  func aDaemonThatDoesNotStart(command: String) throws {
    let bus = try PrivateBus(services: [BusName.service: command])
    let error = try #require(throws: CallsError.self) { try ask(bus) }
    guard case .daemonNotStarted(let detail) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(!detail.isEmpty)
    #expect(error.remedy?.contains("journalctl --user -u ongoingcalld.service") == true)
  }

  @Test func aDaemonThatStartsAndNeverOwnsItsName() throws {
    let bus = try PrivateBus(services: [BusName.service: "/bin/sleep 5"], startLimit: 200)
    let error = try #require(throws: CallsError.self) { try ask(bus) }
    guard case .daemonNotStarted = error else {
      Issue.record("\(error)")
      return
    }
  }

  @Test func aDaemonThatNeverAnswers() throws {
    let bus = try PrivateBus()
    let daemon = try ScriptedDaemon(on: bus)
    daemon.on("Describe") { _ in [] }
    #expect(throws: CallsError.timedOut(what: "Describe", seconds: 1)) { try ask(bus, within: .milliseconds(200)) }
  }

  @Test func aDaemonThatGoesAwayInTheMiddle() throws {
    let bus = try PrivateBus()
    let daemon = try ScriptedDaemon(on: bus)
    daemon.on("Describe") { _ in [.vanish] }
    #expect(throws: CallsError.daemonVanished(what: "Describe")) { try ask(bus) }
  }

  @Test func aBusThatEnds() throws {
    let bus = try PrivateBus()
    let connection = try BusConnection(address: bus.address)
    bus.stop()
    #expect(throws: CallsError.disconnected) {
      // The name that the bus gave it may still be told first.
      while try connection.nextNews(until: Deadline(in: .seconds(20))) != nil {}
    }
    #expect(throws: CallsError.disconnected) {
      try connection.listen(to: SignalRule(of: "a.b", interface: "a.b", member: "C"), until: Deadline(in: .seconds(20)))
    }
  }

  @Test(arguments: ["", "nonsense", "unix:path=/nonexistent/bus", "unix:path=%zz", "unix:path=/\0", "tcp:host=,port=x"])
  func anAddressWithoutABus(address: String) throws {
    let error = try #require(throws: CallsError.self) { try BusConnection(address: address) }
    guard case .noSessionBus = error else {
      Issue.record("\(error)")
      return
    }
    #expect(error.remedy?.contains("DBUS_SESSION_BUS_ADDRESS") == true)
  }

  @Test func aSocketBehindWhichNobodyAnswers() throws {
    let socket = try DeafSocket(path: "/tmp/ongoingcall-deaf-\(getpid())")
    let error = try #require(throws: CallsError.self) {
      try BusConnection(address: "unix:path=\(socket.path)", until: Deadline(in: .milliseconds(200)))
    }
    #expect(error == .busTimedOut(seconds: 1))
  }

  /// libdbus would abort the process.
  @Test(arguments: [
    BusCall(to: "not a name", path: "/", interface: "a.b", member: "C"),
    BusCall(to: "a.b\0", path: "/", interface: "a.b", member: "C"),
    BusCall(to: "a.b", path: "no/path", interface: "a.b", member: "C"),
    BusCall(to: "a.b", path: "/", interface: "interface", member: "C"),
    BusCall(to: "a.b", path: "/", interface: "a.b", member: "a member"),
    BusCall(to: "a.b", path: "/", interface: "a.b", member: "C", .string("a\0b")),
    BusCall(to: "a.b", path: "/", interface: "a.b", member: "C", .objectPath("//")),
  ])
  func whatCannotBeSent(call: BusCall) throws {
    let bus = try PrivateBus()
    let connection = try BusConnection(address: bus.address)
    let error = try #require(throws: CallsError.self) { try connection.call(call, until: Deadline(in: .seconds(20))) }
    guard case .notSendable = error else {
      Issue.record("\(error)")
      return
    }
  }

  @Test func callsToAClientAreRefused() throws {
    let bus = try PrivateBus()
    let client = try BusConnection(address: bus.address)
    try client.listen(to: SignalRule(of: "a.done", interface: "a.b", member: "C"), until: Deadline(in: .seconds(20)))
    try client.requestName("a.client")
    // On the thread of its own that a scripted daemon has.
    let caller = try ScriptedDaemon(on: bus, owning: "a.caller")
    let refusal = Mutex<CallsError?>(nil)
    caller.on("Call") { [address = bus.address] _ in
      do throws(CallsError) {
        let connection = try BusConnection(address: address)
        do throws(CallsError) {
          _ = try connection.call(
            BusCall(to: "a.client", path: "/", interface: "a.b", member: "C"), until: Deadline(in: .seconds(20)))
        } catch { refusal.withLock { $0 = error } }
        // Lets the client stop listening.
        try connection.requestName("a.done")
      } catch { return [.fail("a.b.Error", "\(error)")] }
      return [.reply([])]
    }
    _ = try client.send(BusCall(to: "a.caller", path: "/", interface: "a.b", member: "Call"))
    #expect(try client.nextNews(until: Deadline(in: .seconds(20))) == .ownerChanged("a.done"))
    guard case .refused("org.freedesktop.DBus.Error.UnknownObject", _)? = refusal.withLock(\.self) else {
      Issue.record("\(String(describing: refusal.withLock(\.self)))")
      return
    }
  }
}

extension BusConnection {
  fileprivate func requestName(_ name: String) throws(CallsError) {
    _ = try call(
      BusCall(
        to: "org.freedesktop.DBus", path: "/org/freedesktop/DBus", interface: "org.freedesktop.DBus",
        member: "RequestName", .string(name), .uint32(0)),
      until: Deadline(in: .seconds(20)))
  }
}

/// A socket that takes connections and says nothing.
private final class DeafSocket {
  let path: String
  private let descriptor: Int32

  init(path: String) throws {
    self.path = path
    descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    unlink(path)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try #require(bound == 0 && listen(descriptor, 8) == 0)
  }

  deinit {
    close(descriptor)
    unlink(path)
  }
}

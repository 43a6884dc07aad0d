// SPDX-License-Identifier: Apache-2.0
import CallModel
import CallNotification
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

@Suite struct PermissionTests {
  private static let phone = Sandbox(.flatpak, "org.example.Phone")
  private let sandboxed = Permission(caller: .sandboxed(phone))
  private let user = Permission(caller: .unconfined)
  private let stranger = Permission(caller: .unidentified("its process has ended"))

  // MARK: The tables

  @Test func whatIsNoTablesIsRefused() {
    #expect(throws: CallRefusal.self) { try sandboxed.check(launch: [("run-this", .string("x"))]) }
    #expect(throws: CallRefusal.self) { try sandboxed.check(notification: [("run-this", .string("x"))]) }
  }

  private func problem(_ option: String, _ value: BusValue) -> String? {
    do throws(CallRefusal) {
      try sandboxed.check(launch: [("uri", .string("sip:a@example.org")), (option, value)])
      return nil
    } catch {
      guard case .notPermitted(let text) = error else { return "\(error)" }
      return text
    }
  }

  @Test(
    arguments: [
      ("command", .strings(["/bin/sh"])), ("adopt-pid", .uint32(1)),
      ("terminal", .bool(true)),
      ("terminal", .bool(false)), ("working-directory", .string("/")),
      ("environment", .strings([])), ("return-command", .strings(["/bin/sh"])),
      ("application-id", .string("org.example.Other")),
      ("application-id", .string("org.example.Phone.Devel")), ("linger", .bool(true)),
      ("microphone", .string("monitor")), ("speaker", .string("")),
      ("return-dbus", .structure([.string("org.example.Other"), .objectPath("/")])),
      ("return-dbus", .structure([.string("org.example.PhoneBook"), .objectPath("/")])),
      ("return-dbus", .structure([.string(":1.7"), .objectPath("/")])),
      ("notification", .dictionary(["icon": .string("/etc/passwd")])),
      ("notification", .dictionary(["icon": .string("file:///etc/passwd")])),
      ("notification", .dictionary(["return-command": .strings(["/bin/sh"])])),
      (
        "notification",
        .dictionary(["return-dbus": .structure([.string("org.example.Other"), .objectPath("/")])])
      ),
    ] as [(String, BusValue)])
  func whatIsAWayOutIsRefused(_ option: String, _ value: BusValue) {
    let text = problem(option, value)
    #expect(
      text?.contains("“\(option)”") == true && text?.contains("org.example.Phone") == true, "\(text ?? "allowed")")
    let launch = [(option, value)]
    #expect(throws: Never.self) { try user.check(launch: launch) }
    #expect(throws: CallRefusal.self) { try stranger.check(launch: launch) }
  }

  @Test(
    arguments: [
      ("application-id", .string("org.example.Phone")), ("application-id", .string("")),
      // Which, is looked at where accounts are.
      ("linger", .bool(false)), ("token", .string("x")), ("account", .string("me")), ("account", .string("")),
      ("return-dbus", .structure([.string("org.example.Phone"), .objectPath("/")])),
      ("return-dbus", .structure([.string("org.example.Phone.Devel"), .objectPath("/")])),
      ("notification", .dictionary(["icon": .string("call-start"), "title": .string("t")])),
    ] as [(String, BusValue)])
  func whatIsItsOwnIsAllowed(_ option: String, _ value: BusValue) {
    #expect(problem(option, value) == nil)
  }

  @Test func theMethodsOfTheManager() {
    let methods = ManagerMethod.allCases
    let channels: [ManagerMethod] = [.createNotificationChannel, .deleteNotificationChannel, .addAccount]
    #expect(methods.filter { (try? sandboxed.check($0)) == nil } == channels)
    #expect(methods.filter { (try? user.check($0)) == nil } == [])
    #expect(methods.filter { (try? stranger.check($0)) != nil } == [.abort, .eventsSince, .describe])
    let error = #expect(throws: CallRefusal.self) { try stranger.check(ManagerMethod.launch) }
    #expect(error?.message.contains("its process has ended") == true)
  }

  @Test func theMethodsOfASession() {
    let methods = SessionMethod.allCases
    #expect(methods.filter { (try? sandboxed.check($0)) == nil } == [.setAudio, .startRecording, .stopRecording])
    #expect(methods.filter { (try? user.check($0)) == nil } == [])
  }

  @Test func theMethodsOfAnAccount() {
    for method in AccountMethod.allCases {
      #expect((try? sandboxed.check(method)) == nil && (try? stranger.check(method)) == nil)
      #expect((try? user.check(method)) != nil)
    }
  }

  @Test func whoAdoptsWhose() {
    let processes: [Caller] = [
      .unconfined, .sandboxed(Self.phone), .sandboxed(Sandbox(.flatpak, "org.example.Mail")),
      .sandboxed(Sandbox(.snap, "org.example.Phone")), .unidentified("its process has ended"),
    ]
    #expect(processes.map { (try? user.check(adopting: $0)) != nil } == [true, true, true, true, true])
    #expect(processes.map { (try? sandboxed.check(adopting: $0)) != nil } == [false, true, false, false, false])
    #expect(processes.map { (try? stranger.check(adopting: $0)) != nil } == [false, false, false, false, false])
  }

  // MARK: Settings

  @Test func settingsAreTheEnginesToLeave() {
    var engine = EngineDescriptor(name: "sip", command: ["/bin/sip"], schemes: ["sip"], settings: ["identity", "file"])
    #expect(throws: CallRefusal.self) { try sandboxed.check(settings: ["identity"], of: engine) }
    engine.sandboxSettings = ["identity"]
    #expect(throws: Never.self) { try sandboxed.check(settings: ["identity"], of: engine) }
    let error = #expect(throws: CallRefusal.self) { try sandboxed.check(settings: ["file", "identity"], of: engine) }
    #expect(error?.message.contains("“file”") == true)
    #expect(throws: Never.self) { try user.check(settings: ["file"], of: engine) }
  }

  /// A setting that names files is none of theirs.
  @Test func theSIPEngineKeepsItsFilesToItself() throws {
    let text = try ProjectFiles.text("packaging/engines/sip.json.in")
    let folder = EngineFolder()
    folder.folder.write(text.replacing("@libexecdir@", with: "/bin"), to: "engines/sip.json")
    let engine = try folder.catalog.engine(named: "sip")
    let settings = ["play-file", "record-file", "identity", "anonymous", "transport", "encryption", "key-exchange"]
    #expect(engine.settings == settings + ["microphone", "speaker"])
    #expect(engine.devices == true && engine.can(.audio) && engine.can(.record))
    #expect(engine.sandboxSettings == ["identity", "anonymous", "transport", "encryption", "key-exchange"])
  }

  // MARK: Sessions

  @Test func whoSeesWhose() {
    let (own, other) = (Self.phone, Sandbox(.flatpak, "org.example.Mail"))
    // A Snap is no Flatpak, whatever it is called.
    let namesake = Sandbox(.snap, "org.example.Phone")
    let owners: [Sandbox?] = [nil, own, other, namesake]
    #expect(owners.map(user.sees(sessionOf:)) == [true, true, true, true])
    #expect(owners.map(sandboxed.sees(sessionOf:)) == [false, true, false, false])
    #expect(owners.map(stranger.sees(sessionOf:)) == [false, false, false, false])
    #expect(sandboxed.owner == own && user.owner == nil && stranger.owner == nil)
  }
}

// SPDX-License-Identifier: Apache-2.0
import CallModel
import FoundationEssentials
import Glibc
import LinuxFiles
import OngoingCall
import OngoingCallTestSupport
import Testing

@testable import OngoingCallCommands

@Suite struct HealthReportTests {
  private func report(_ topic: HealthTopic, _ verdict: Verdict) -> HealthReport {
    var verdicts = Dictionary(uniqueKeysWithValues: HealthTopic.allCases.map { ($0, Verdict.ok("fine")) })
    verdicts[topic] = verdict
    return HealthReport(verdicts)
  }

  @Test func aWarningFailsOnlyWhereItIsAskedTo() {
    let well = report(.unit, .ok("fine"))
    #expect(well.exitStatus(strict: false) == .success)
    #expect(well.exitStatus(strict: true) == .success)
    let warned = report(.audio, .warning("silent"))
    #expect(warned.exitStatus(strict: false) == .success)
    #expect(warned.exitStatus(strict: true) == .failure)
    let broken = report(.engines, .problem("none"))
    #expect(broken.exitStatus(strict: false) == .failure)
    #expect(broken.exitStatus(strict: true) == .failure)
  }

  @Test func eachCheckHasOneLine() {
    let lines = report(.audio, .warning("silent", remedy: "sing")).text(.plain).split(separator: "\n")
    #expect(lines.count == HealthTopic.allCases.count)
    #expect(lines.contains("warning  audio           silent — sing"))
    #expect(lines[0] == "ok       session-bus     fine")
  }

  @Test func aCheckWithoutAnAnswerIsTold() {
    let silent = HealthReport([:])
    #expect(silent.verdicts.map(\.topic) == HealthTopic.allCases)
    #expect(silent.worst == .problem)
    #expect(silent.verdicts.allSatisfy { $0.verdict.mark > .ok && $0.verdict.remedy != nil })
  }
}

@Suite struct UnitFindingTests {
  private var running: UnitFinding {
    var unit = UnitFinding()
    (unit.loadState, unit.activeState, unit.result, unit.fileState) = ("loaded", "active", "success", "disabled")
    (unit.program, unit.file, unit.isActivatable) = ("/bin/ongoingcalld", "/unit", true)
    (unit.watchdog, unit.storedMaximum) = (10_000_000, 512)
    return unit
  }

  private func verdict(_ change: (inout UnitFinding) -> Void) -> Verdict {
    var unit = running
    change(&unit)
    return unit.verdict
  }

  @Test func aRunningUnitIsWell() {
    #expect(running.verdict == .ok("active, disabled; /unit"))
    #expect(running.watchdogVerdict == .ok("a daemon that hangs for 10 s is restarted"))
    #expect(running.storeVerdict == .ok("0 of 512 places are in use"))
  }

  @Test func whatIsWrongWithItIsNamedWithItsRemedy() {
    let cases: [(Verdict, Verdict.Mark, String, String)] = [
      (verdict { $0.loadState = "not-found" }, .problem, "not installed", "packaging/install"),
      (verdict { $0.loadState = "masked" }, .problem, "masked", "systemctl --user unmask"),
      (verdict { ($0.loadState, $0.loadError) = ("bad-setting", "no ExecStart") }, .problem, "no ExecStart", "verify"),
      (verdict { $0.programProblem = "gone" }, .problem, "/bin/ongoingcalld", "packaging/install"),
      (
        verdict { ($0.activeState, $0.result) = ("failed", "start-limit-hit") }, .problem, "start limit", "reset-failed"
      ),
      (
        verdict { ($0.activeState, $0.result, $0.restarts, $0.startLimit) = ("failed", "exit-code", 500, 500) },
        .problem, "start limit", "reset-failed"
      ),
      (
        verdict { ($0.activeState, $0.result, $0.restarts, $0.startLimit) = ("failed", "exit-code", 1, 500) },
        .problem, "exit-code", "journalctl"
      ),
      (verdict { $0.isActivatable = false }, .problem, BusName.service, "reload"),
      (verdict { $0.needsReload = true }, .warning, "changed", "daemon-reload"),
      (verdict { $0.restarts = 1 }, .warning, "once", "journalctl"),
      (verdict { $0.restarts = 3 }, .warning, "3 times", "journalctl"),
    ]
    for (verdict, mark, found, remedy) in cases {
      #expect(verdict.mark == mark, "\(verdict)")
      #expect(verdict.found.contains(found), "\(verdict)")
      #expect(verdict.remedy?.contains(remedy) == true, "\(verdict)")
    }
  }

  @Test func withoutItsSafetyNets() {
    var unit = running
    unit.watchdog = 0
    #expect(unit.watchdogVerdict.mark == .warning)
    unit.watchdog = .max
    #expect(unit.watchdogVerdict.mark == .warning)
    unit.stored = 512
    #expect(unit.storeVerdict.mark == .problem)
    unit.storedMaximum = 0
    #expect(unit.storeVerdict.mark == .problem)
  }

  @Test func theDaemonsVersion() {
    func verdict(_ version: String, isReplaced: Bool = false) -> Verdict {
      DaemonFinding.answered(version: version, process: 7, isReplaced: isReplaced).verdict(tool: "1.2.3")
    }
    #expect(verdict("1.2.3") == .ok("version 1.2.3 is running (process 7)"))
    #expect(verdict("1.2.2").mark == .warning)
    #expect(verdict("1.2.2").remedy?.contains("restart") == true)
    #expect(verdict("1.2.3", isReplaced: true).mark == .warning)
    let absent = DaemonFinding.refused(.daemonNotStarted(detail: "no")).verdict(tool: "1")
    #expect(absent.mark == .problem)
    #expect(absent.remedy?.contains("to end calls without it: systemctl --user stop 'app-ongoingcall-*'") == true)
  }
}

@Suite struct EngineFindingTests {
  private func file(_ path: String, _ json: String, broken: Bool = false) -> EngineFinding.File {
    .init(path: path, content: EngineFinding.content(Array(json.utf8)) { _ in broken ? "no such file" : nil })
  }

  private func finding(_ files: EngineFinding.File...) -> EngineFinding {
    EngineFinding(files: files, folders: ["/own", "/all"])
  }

  private static let sip = #"{"name": "sip", "command": ["/libexec/sip"], "schemes": ["sip"]}"#
  private static let command = #"{"name": "command", "command": ["/libexec/run"], "capabilities": ["command"]}"#

  @Test func enginesAreNamed() {
    let well = finding(file("/all/command.json", Self.command), file("/all/sip.json", Self.sip))
    #expect(well.verdict == .ok("command, sip"))
    #expect(well.sipVerdict == .ok("sip: /libexec/sip"))
    #expect(well.callsSIP)
  }

  @Test func withoutAny() {
    #expect(finding().verdict.mark == .problem)
    #expect(finding().verdict.found.contains("/own, /all"))
    #expect(finding().sipVerdict.mark == .warning)
  }

  @Test(arguments: [
    "{", "[]", #"{"name": "sip"}"#, #"{"name": "S", "command": ["/x"]}"#, #"{"name": "sip", "command": ["x"]}"#,
  ])
  func aSpoiledDescriptor(_ json: String) {
    let spoiled = finding(file("/own/sip.json", json), file("/all/command.json", Self.command))
    #expect(spoiled.verdict.mark == .problem)
    #expect(spoiled.verdict.found.contains("/own/sip.json"))
    // Where the engine is there all the same, calls work.
    let other = finding(file("/own/sip.json", json), file("/all/sip.json", Self.sip))
    #expect(other.verdict.mark == .warning)
  }

  @Test func aDescriptorThatCannotBeRead() {
    #expect(EngineFinding.content(nil) { _ in nil } == .spoiled("it is unreadable or too large"))
  }

  @Test func aProgramThatCannotBeRun() {
    let broken = finding(file("/own/sip.json", Self.sip, broken: true), file("/all/sip.json", Self.sip))
    // The first of two with a name counts.
    #expect(broken.verdict.mark == .problem)
    #expect(broken.verdict.found.contains("/libexec/sip"))
    #expect(broken.sipVerdict.mark == .problem)
    #expect(!broken.callsSIP)
    // Each in its own package.
    #expect(broken.verdict.remedy?.hasPrefix(InstallationRemedy.sip) == true)
    let other = finding(file("/all/command.json", Self.command, broken: true)).verdict
    #expect(other.remedy?.hasPrefix(InstallationRemedy.again) == true)
    #expect(finding(file("/own/sip.json", Self.sip), file("/all/sip.json", Self.sip, broken: true)).verdict.mark == .ok)
  }
}

@Suite struct SurroundingFindingTests {
  @Test func buses() {
    #expect(BusFinding.open(address: "unix:path=/a", managersOwn: true, managersBus: nil).verdict.mark == .ok)
    let other = BusFinding.open(address: "unix:path=/a", managersOwn: false, managersBus: "unix:path=/b").verdict
    #expect(other.mark == .problem)
    #expect(other.remedy == "export DBUS_SESSION_BUS_ADDRESS=unix:path=/b")
    #expect(BusFinding.open(address: "unix:path=/a", managersOwn: false, managersBus: nil).verdict.mark == .problem)
    #expect(BusFinding.none(.noSessionBus(detail: "none")).verdict.mark == .problem)
  }

  @Test(arguments: [("252.39-1~deb12u1", Verdict.Mark.ok), ("257", .ok), ("251.4", .problem), ("", .warning)])
  func versionsOfSystemd(_ version: String, _ mark: Verdict.Mark) {
    #expect(ManagerFinding.version(version).verdict.mark == mark)
  }

  @Test func notificationServers() {
    #expect(NotificationFinding.none.verdict.mark == .warning)
    #expect(NotificationFinding.unanswered("hangs").verdict.mark == .warning)
    #expect(NotificationFinding.unknown.verdict.mark == .warning)
    let vain = NotificationFinding.notStarted("startup job failed").verdict
    #expect(vain.found.contains("does not start (startup job failed)") && vain.remedy?.contains("restart") == false)
    let full = NotificationFinding.server(
      name: "mako", version: "1.7", capabilities: ["body", "actions", "icon-static"])
    #expect(full.verdict == .ok("mako 1.7, with actions, body"))
    #expect(NotificationFinding.server(name: "plain", version: "1", capabilities: ["body"]).verdict.mark == .warning)
  }

  @Test func logout() {
    #expect(LogoutFinding(lingers: true, mayLinger: .no).verdict.mark == .ok)
    #expect(LogoutFinding(lingers: nil, mayLinger: .yes).verdict.mark == .warning)
    let lonely = LogoutFinding(lingers: nil, mayLinger: .unknown("no bus"), hasSystemBus: false).verdict
    #expect(lonely.found.contains("the system bus does not answer") && lonely.remedy == "see: systemctl status dbus")
    #expect(LogoutFinding(lingers: false, mayLinger: .yes).verdict.remedy?.contains("Linger=yes") == true)
    #expect(LogoutFinding(lingers: false, mayLinger: .no).verdict.remedy?.contains("administrator") == true)
  }

  @Test func sleep() {
    func verdict(_ blocking: Authorization, _ delaying: Authorization) -> Verdict {
      SleepFinding(hasLoginManager: true, blocking: blocking, delaying: delaying).verdict
    }
    #expect(verdict(.yes, .yes).mark == .ok)
    #expect(verdict(.no, .yes).found.contains("the far end is put on hold first"))
    #expect(verdict(.asked, .no).found.contains("without warning the far end"))
    #expect(verdict(.unknown("no polkit"), .yes).found.contains("no polkit"))
    #expect(SleepFinding(hasLoginManager: false, blocking: .yes, delaying: .yes).verdict.mark == .warning)
  }

  @Test func audio() {
    #expect(AudioFinding(servers: ["PipeWire"], cards: [], mayUseCards: false).verdict(needed: true).mark == .ok)
    let silent = AudioFinding(servers: [], cards: [], mayUseCards: false)
    #expect(silent.verdict(needed: true).mark == .warning)
    #expect(silent.verdict(needed: false).mark == .ok)
    #expect(AudioFinding(servers: [], cards: ["PCH"], mayUseCards: false).verdict(needed: true).mark == .warning)
    #expect(AudioFinding(servers: [], cards: ["PCH"], mayUseCards: true).verdict(needed: true) == .ok("ALSA: PCH"))
  }

  @Test func folders() {
    func verdict(_ bytes: UInt64, _ files: UInt64?, problem: String? = nil) -> Verdict {
      FolderFinding(path: "/a/b", existing: "/a", problem: problem, freeBytes: bytes, freeFiles: files)
        .verdict(consequence: "no calls")
    }
    #expect(verdict(64 << 20, nil) == .ok("/a/b: 64 MiB free"))
    #expect(verdict(64 << 20, 10_000).mark == .ok)
    #expect(verdict(64 << 20, 10).mark == .problem)
    #expect(verdict(1 << 10, 10_000).mark == .problem)
    let denied = verdict(64 << 20, nil, problem: "denied")
    #expect(denied.found.contains("cannot write to /a (denied): no calls") && denied.remedy?.contains("700") == true)
    let fixed = FolderFinding(path: "/a/b", existing: "/a", problem: "read-only", isReadOnly: true, freeBytes: 64 << 20)
    #expect(fixed.verdict(consequence: "no calls").remedy == "mount its file system writable; see: findmnt -T /a")
    let stuck = FolderFinding(path: "/a/b", existing: "/a", hangs: true, freeBytes: 64 << 20)
    #expect(stuck.verdict(consequence: "no calls").found == "/a does not answer: no calls")
  }

  @Test func theFolderThatIsThereIsLookedAt() {
    let folder = TemporaryFolder()
    let finding = FileProbes.folder(folder.path + "/not/there/yet")
    #expect(finding.existing == folder.path)
    #expect(finding.problem == nil)
    #expect(finding.freeBytes > 0)
    // Others write to the same file system.
    var written = FileProbes.writtenFolder(folder.path, within: .seconds(20))
    var looked = FileProbes.folder(folder.path)
    (written.freeBytes, looked.freeBytes, written.freeFiles, looked.freeFiles) = (0, 0, nil, nil)
    #expect(written == looked)
    // It leaves nothing behind.
    #expect(Files.names(in: folder.path).isEmpty)
  }

  @Test func theDaemonsFoldersAreThoseOfItsEnvironment() {
    let environment = DaemonEnvironment(lines: ["HOME=/home/me", "XDG_DATA_DIRS=/a:b:/c", "XDG_RUNTIME_DIR=/run/me"])
    #expect(environment.directories.data == ["/home/me/.local/share", "/a", "/c"])
    #expect(environment.stateFolder == "/home/me/.local/state/ongoingcall")
    #expect(environment.runtimeFolder == "/run/me/ongoingcalld")
    #expect(DaemonEnvironment(lines: ["XDG_STATE_HOME=here"]).stateFolder == nil)
  }
}

@Suite struct ProbeTests {
  @Test func whatDoesNotEndIsLeftBehind() throws {
    let ends = try Pipe()
    let stuck = try Probe { () -> Bool in
      var byte: UInt8 = 0
      return read(ends.reading, &byte, 1) == 0
    }
    #expect(stuck.value(until: Deadline(in: .zero)) == nil)
    close(ends.writing)
    #expect(stuck.value(until: Deadline(in: .seconds(60))) == true)
    close(ends.reading)
  }
}

/// The whole tool, where there is nothing.
@Suite struct DoctorToolTests {
  private struct Answer: Decodable {
    struct Check: Decodable {
      var check, verdict, found: String
      var remedy: String?
    }
    var version: Int
    var worst: String
    var checks: [Check]
  }

  private func check(_ tool: Tool) throws -> (status: Int32, answer: Answer) {
    let result = try tool.run("doctor", "--json")
    #expect(result.error.isEmpty)
    return (result.status, try JSONDecoder().decode(Answer.self, from: Data(result.output.utf8)))
  }

  @Test func withoutABus() throws {
    let (status, answer) = try check(Tool(["PATH": "/usr/bin:/bin", "HOME": "/nonexistent"]))
    #expect(status == 1)
    #expect(answer.version == 1)
    #expect(answer.worst == "problem")
    #expect(answer.checks.map(\.check) == HealthTopic.allCases.map(\.rawValue))
    #expect(answer.checks[0].verdict == "problem")
    #expect(answer.checks[0].remedy != nil)
  }

  @Test func onABusWithoutAManager() throws {
    let bus = try PrivateBus()
    let (status, answer) = try check(Tool(on: bus))
    #expect(status == 1)
    let marks = Dictionary(uniqueKeysWithValues: answer.checks.map { ($0.check, $0.verdict) })
    #expect(marks["session-bus"] == "problem")
    #expect(marks["user-manager"] == "problem")
    #expect(marks["notifications"] == "warning")
  }

  @Test func aBusThatHangsIsNotWaitedForLong() throws {
    let folder = TemporaryFolder()
    // Whoever connects gets no answer.
    let silent = try listen(at: folder["bus"])
    defer { close(silent) }
    let tool = Tool(["PATH": "/usr/bin:/bin", "DBUS_SESSION_BUS_ADDRESS": "unix:path=" + folder["bus"]])
    let result = try tool.run("doctor", "--timeout", "1")
    #expect(result.status == 1)
    #expect(result.output.split(separator: "\n").count == HealthTopic.allCases.count)
  }

  private func listen(at path: String) throws -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try #require(bound == 0 && Glibc.listen(socket, 64) == 0)
    return socket
  }

  @Test func quietly() throws {
    let result = try Tool(["PATH": "/usr/bin:/bin"]).run("doctor", "--quiet")
    #expect(result.status == 1)
    #expect(result.output.isEmpty && result.error.isEmpty)
  }
}

// SPDX-License-Identifier: Apache-2.0
import Glibc
import OngoingCallTestSupport
import Testing

@testable import Systemd

/// With a folder that is as /proc is. (With real processes in roots of their own: Tests/EndToEnd.)
@Suite struct CallerProcessTests {
  let processes = TemporaryFolder()
  let root: String
  let phone = Sandbox(.flatpak, "org.example.Phone")

  init() {
    processes.makeFolder("7")
    processes.makeFolder("7/attr")
    root = processes.makeFolder("root-of-7")
    precondition(symlink(root, processes["7/root"]) == 0)
  }

  private func identify(descriptor: Int32? = nil, label: String? = nil) -> Caller {
    CallerProcess(number: 7, descriptor: descriptor, label: label.map { Array($0.utf8) }, processes: processes.path)
      .identify()
  }

  private func isUnidentified(_ caller: Caller) -> Bool { if case .unidentified = caller { true } else { false } }

  @Test func aProcessOfNoSandboxIsNotConfined() {
    #expect(identify() == .unconfined)
    processes.write("unconfined\n", to: "7/attr/current")
    #expect(identify(label: "unconfined\0") == .unconfined)
  }

  @Test func thisProcessIsNotConfined() async throws {
    #expect(try await onEventLoop { Caller.process(getpid()) } == .unconfined)
  }

  @Test func aFlatpakIsKnownByTheFileInItsRoot() {
    processes.write(FlatpakInfoTests.usual, to: "root-of-7/.flatpak-info")
    #expect(identify() == .sandboxed(phone))
  }

  @Test func aSnapIsKnownByEitherLabel() {
    let snap = Caller.sandboxed(Sandbox(.snap, "snap.phone"))
    #expect(identify(label: "snap.phone.ui (enforce)\0") == snap)
    processes.write("snap.phone.ui (enforce)\n", to: "7/attr/current")
    #expect(identify() == snap)
    // What it was when it connected counts as what it is now.
    #expect(identify(label: "snap.phone.other (enforce)\0") == snap)
    #expect(isUnidentified(identify(label: "snap.mail.ui (enforce)\0")))
    processes.makeFolder("7/attr/apparmor")
    processes.write("snap.mail.ui (enforce)\n", to: "7/attr/apparmor/current")
    #expect(identify() == .sandboxed(Sandbox(.snap, "snap.mail")))
    processes.write(FlatpakInfoTests.usual, to: "root-of-7/.flatpak-info")
    #expect(isUnidentified(identify()))
  }

  @Test func whatCannotBeReadIsNotTrusted() {
    processes.write("[Application]\nname=\u{0}", to: "root-of-7/.flatpak-info")
    #expect(isUnidentified(identify()))
    processes.write(Array(repeating: 10, count: FlatpakInfo.limit + 1), to: "root-of-7/.flatpak-info")
    #expect(isUnidentified(identify()))
    unlink(root + "/.flatpak-info")
    symlink("/dev/null", root + "/.flatpak-info")
    #expect(isUnidentified(identify()))
    unlink(root + "/.flatpak-info")
    mkfifo(root + "/.flatpak-info", 0o600)
    #expect(isUnidentified(identify()))
    unlink(root + "/.flatpak-info")
    processes.makeFolder("root-of-7/.flatpak-info")
    #expect(isUnidentified(identify()))
    rmdir(root + "/.flatpak-info")
    #expect(identify(label: "snap.\u{1}") != .unconfined)
    #expect(identify() == .unconfined)
  }

  @Test func aProcessThatIsGoneIsNotTrusted() {
    // As of one that has ended and is not reaped: its folder is there, and its root is not.
    unlink(processes["7/root"])
    #expect(isUnidentified(identify()))
    #expect(isUnidentified(CallerProcess(number: 8, processes: processes.path).identify()))
  }

  /// The bus's own descriptor says it, whatever is at the number now.
  @Test func aNumberThatIsAnothersByNowIsNotTrusted() {
    var pipe: [Int32] = [0, 0]
    #expect(Glibc.pipe(&pipe) == 0)
    defer { close(pipe[0]) }
    // A process's descriptor becomes readable when that has ended, as a pipe's end does.
    #expect(identify(descriptor: pipe[0]) == .unconfined)
    close(pipe[1])
    #expect(isUnidentified(identify(descriptor: pipe[0])))
  }
}

// SPDX-License-Identifier: Apache-2.0
import Glibc
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

@Suite struct ProcessStatusTests {
  private static let status =
    "Name:\tmy) phone\nState:\tS (sleeping)\nTgid:\t71\nPid:\t72\nPPid:\t7\nUid:\t1000\t1000\t1000\t1000\n"
  private static let stat =
    "72 (my) phone) S 7 72 72 0 -1 4194304 90 0 0 0 12 3 0 0 20 0 1 0 123456 3000000 500 0 0 0"
  private static let unified = "0::/user.slice/user-1000.slice/user@1000.service/app.slice/x.scope\n"

  private static func parsed(
    _ status: String = status, _ stat: String = stat, _ cgroup: String = unified
  ) -> ProcessStatus? { ProcessStatus(status: status, stat: stat, cgroup: cgroup) }

  @Test func everyFieldIsRead() {
    let found = Self.parsed()
    #expect(found?.name == "my) phone")
    #expect(found?.process == 71 && found?.parent == 7)
    #expect(found?.startTime == 123_456)
    #expect(found?.isZombie == false)
    #expect(found?.groups.last == "x.scope")
    #expect(found?.belongs(to: 1000) == true && found?.belongs(to: 0) == false)
  }

  @Test func aProgramThatMayBecomeAnotherUsersBelongsToNobodyAlone() {
    for users in ["1000\t0\t1000\t1000", "1000\t1000\t0\t1000", "0\t1000\t1000\t1000", "1000\t1000\t1000\t0", "1000"] {
      let found = Self.parsed(Self.status.replacing("1000\t1000\t1000\t1000", with: users))
      #expect(found?.belongs(to: 1000) == false, "\(users)")
    }
  }

  @Test func oneThatIsDeadAlready() {
    #expect(Self.parsed(Self.status, Self.stat.replacing(") S", with: ") Z"))?.isZombie == true)
  }

  @Test(arguments: [
    ("0::/a/app-ongoingcall-command@7k3m9x2p.service\n", "7k3m9x2p"),
    ("0::/a/app-ongoingcall-command@7k3m9x2p.service/deeper\n", "7k3m9x2p"),
    ("0::/a/app-ongoingcall-adopted-7k3m9x2p.scope\n", "7k3m9x2p"),
    ("9:name=systemd:/a/app-ongoingcall-adopted-7k3m9x2p.scope\n8:pids:/\n0::/\n", "7k3m9x2p"),
    ("8:pids:/a/app-ongoingcall-adopted-7k3m9x2p.scope\n0::/b\n", nil),
    ("0::/a/session-2.scope\n", nil), ("0::/\n", nil), ("", nil),
  ])
  func itsUnitNamesItsSession(_ cgroup: String, _ session: String?) {
    #expect(Self.parsed(Self.status, Self.stat, cgroup)?.session == session)
  }

  @Test(arguments: [
    ("0::/a/app.slice/snap.phone.ui-8d5e.scope\n", "snap.phone.ui-8d5e.scope"),
    ("0::/a/app.slice/snap.phone.ui.8d5e.scope/deeper\n", "snap.phone.ui.8d5e.scope"),
    ("0::/a/app.slice/snap.phone.service.service\n", "snap.phone.service.service"),
    ("0::/system.slice/snapd.service\n", nil), ("0::/a/app.slice/app-snap.phone.scope\n", nil), (unified, nil),
  ])
  func aSnapIsKnownByItsUnit(_ cgroup: String, _ unit: String?) {
    #expect(Self.parsed(Self.status, Self.stat, cgroup)?.snapUnit == unit)
  }

  @Test(arguments: ["", "Name:\tx\n", "Name:\tx\nTgid:\tmany\nPPid:\t1\nUid:\t0\t0\t0\t0\n"])
  func whatIsNoStatus(_ status: String) { #expect(Self.parsed(status) == nil) }

  @Test(arguments: ["", "1 (x", "1 (x) S 1 2 3"])
  func whatIsNoStat(_ stat: String) { #expect(Self.parsed(Self.status, stat) == nil) }

  @Test func thisProcess() {
    let own = ProcessStatus(of: getpid())
    #expect(own?.process == getpid() && own?.parent == getppid())
    #expect(own?.belongs(to: getuid()) == true)
    #expect(ProcessStatus.ancestry(of: getpid()).prefix(2) == [getpid(), getppid()])
    #expect(ProcessStatus.ancestry(of: getpid()).last == 1)
    #expect(ProcessStatus(of: 0) == nil && ProcessStatus(of: -1) == nil)
  }

  @Test func whatItHasForkedAndStillRuns() {
    let (lives, dead) = (SleepingProcess(), SleepingProcess())
    dead.kill()
    while ProcessStatus(of: dead.pid)?.isZombie == false { sched_yield() }
    let found = ProcessStatus.descendants(of: getpid()).map(\.number)
    #expect(found.contains(lives.pid))
    #expect(!found.contains(dead.pid) && !found.contains(getpid()))
    #expect(ProcessStatus.descendants(of: lives.pid).isEmpty)
    // Also those of those.
    #expect(ProcessStatus.descendants(of: getppid()).map(\.number).contains(lives.pid))
  }
}

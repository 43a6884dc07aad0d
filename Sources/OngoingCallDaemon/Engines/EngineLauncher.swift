// SPDX-License-Identifier: Apache-2.0
import CallModel
import Glibc
import Systemd

/// Starts an engine in a transient service of its own. One end of the channel is its standard input and output.
@EventLoopActor
struct EngineLauncher {
  var manager: ServiceManager

  /// Returns the daemon's end of the channel, which is then in the fd store.
  func start(_ spec: LaunchSpec, session: SessionID, unit: String) async throws -> Int32 {
    let (ours, theirs) = try Self.channel()
    defer { close(theirs) }
    do {
      try FDStore.add(StoredFD.channel(session.description), ours)
      try await manager.startTransient(unit, Self.properties(spec, session, theirs))
      return ours
    } catch {
      try? FDStore.remove(StoredFD.channel(session.description))
      close(ours)
      throw error
    }
  }

  private static func channel() throws(SystemError) -> (Int32, Int32) {
    var ends: [Int32] = [-1, -1]
    try SystemError.checkCall(
      socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends), "make an engine's channel")
    return (ends[0], ends[1])
  }

  /// systemd.exec(5), systemd.service(5), systemd.kill(5), systemd.unit(5).
  private static func properties(_ spec: LaunchSpec, _ session: SessionID, _ channel: Int32) -> [(String, BusValue)] {
    [
      ("Description", .string("Call: \(spec.title)")),
      ("Type", .string("exec")),
      ("ExecStart", ServiceManager.execution(spec.engine.command)),
      ("StandardInputFileDescriptor", .descriptor(BusDescriptor(borrowing: channel))),
      ("StandardOutputFileDescriptor", .descriptor(BusDescriptor(borrowing: channel))),
      // The descriptor overrides this. But if both outputs name the same, systemd 252 gives the descriptor to both.
      ("StandardOutput", .string("null")),
      ("StandardError", .string("journal")),
      // The service manager waits for the journal with every line that it logs about the unit: ten seconds per line if
      // journald is stopped.
      ("LogLevelMax", .int32(EngineUnit.quiet)),
      ("SyslogIdentifier", .string("ongoingcall-\(spec.engine.name)")),
      ("Environment", .strings(["\(EnvironmentName.session)=\(session)"])),
      ("RuntimeDirectory", .strings(["ongoingcall/\(session)"])),
      ("RuntimeDirectoryMode", .uint32(0o700)),
      // Not the home directory, which may not answer.
      ("WorkingDirectory", .string("/")),
      ("Slice", .string("app.slice")),
      // If both are stopped, the daemon is first: it ends the call with the right reason.
      ("Before", .strings([DaemonName.unit])),
      // The engine is asked first, and has time to tell the far end; the processes that it leaves behind are killed.
      ("KillMode", .string("mixed")),
      ("TimeoutStopUSec", .uint64(UInt64(Wait.unitStop.components.seconds) * 1_000_000)),
      // A call does not end because one of its helpers ran out of memory.
      ("OOMPolicy", .string("continue")),
      // The unit is forgotten as soon as it has ended, in whatever way.
      ("CollectMode", .string("inactive-or-failed")),
    ]
  }
}

extension EngineUnit {
  /// Only errors of the service manager are logged (syslog(3)).
  static let quiet: Int32 = 3
}

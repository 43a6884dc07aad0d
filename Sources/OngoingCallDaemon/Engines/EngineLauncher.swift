// SPDX-License-Identifier: Apache-2.0
import CallModel
import Glibc
import Systemd

/// Starts an engine in a transient service of its own, with one end of a channel as its standard input and output.
@EventLoopActor
struct EngineLauncher {
  var manager: ServiceManager

  /// Returns the daemon's end of the channel, which is in the fd store by then.
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
      // The descriptor wins over this; but where both outputs name the same, systemd 252 gives the descriptor to both.
      ("StandardOutput", .string("null")),
      ("StandardError", .string("journal")),
      // What the service manager says of it, it waits for: where journald is stopped, ten seconds for every line.
      ("LogLevelMax", .int32(EngineUnit.quiet)),
      ("SyslogIdentifier", .string("ongoingcall-\(spec.engine.name)")),
      ("Environment", .strings(["\(EnvironmentName.session)=\(session)"])),
      ("RuntimeDirectory", .strings(["ongoingcall/\(session)"])),
      ("RuntimeDirectoryMode", .uint32(0o700)),
      // Not the home, which may not answer.
      ("WorkingDirectory", .string("/")),
      ("Slice", .string("app.slice")),
      // Where both are to stop, the daemon is the first: it ends the call with its reason.
      ("Before", .strings([DaemonName.unit])),
      // The engine is asked first, and is given the time to tell the far end; what it leaves behind is killed.
      ("KillMode", .string("mixed")),
      ("TimeoutStopUSec", .uint64(UInt64(Wait.unitStop.components.seconds) * 1_000_000)),
      // A call does not end because one of its helpers was killed for memory.
      ("OOMPolicy", .string("continue")),
      // The unit is forgotten as soon as it is over, however it ended.
      ("CollectMode", .string("inactive-or-failed")),
    ]
  }
}

extension EngineUnit {
  /// Of what the service manager has to say, errors alone (syslog(3)).
  static let quiet: Int32 = 3
}

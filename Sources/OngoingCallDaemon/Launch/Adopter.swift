// SPDX-License-Identifier: Apache-2.0
import CallModel
import Systemd

/// Moves a process, and what it has forked, to a unit of its own, out of the reach of terminal and login session.
@EventLoopActor
struct Adopter {
  var manager: ServiceManager

  /// Returns when all of it is there, and the process is in the fd store.
  func adopt(_ process: ProcessHandle, _ spec: LaunchSpec, session: SessionID, unit: String) async throws {
    let name = StoredFD.process(session.description)
    let number = process.number
    let ended = CallRefusal.invalidOption(LaunchOption.adoptPID, "the process has exited")
    guard number > 0 else { throw ended }
    do {
      try FDStore.add(name, process.descriptor)
      try await manager.startTransient(unit, Self.properties(spec, number))
      try await gather(number, in: unit)
      // Its number was its own as long as it has not ended.
      guard !process.hasEnded else { throw ended }
    } catch {
      try? FDStore.remove(name)
      throw error
    }
  }

  /// What was forked before the move, and what that forks until it is moved itself.
  private func gather(_ process: Int32, in unit: String) async throws(BusError) {
    var tries = 0
    while true {
      let outside = ProcessStatus.descendants(of: process)
        .filter { !$0.status.groups.contains(unit) && !isOfSnap($0.number, $0.status) }.map(\.number)
      guard !outside.isEmpty else { return }
      do throws(BusError) { try await manager.attach(outside, to: unit) } catch {
        // One that has ended meanwhile keeps the others from being moved.
        guard tries < Limit.gatheringTries else { throw error }
      }
      tries += 1
      guard tries <= Limit.gatheringTries else {
        throw BusError(BusError.failed, "it forks faster than its children can be moved to \(unit)")
      }
    }
  }

  /// Such a one stays where it is kept from devices; see ``AdoptionRequest/check(moving:)``.
  private func isOfSnap(_ process: Int32, _ status: ProcessStatus) -> Bool {
    if status.snapUnit != nil { return true }
    guard case .sandboxed(let sandbox) = Caller.process(process) else { return false }
    return sandbox.kind == .snap
  }

  /// systemd.scope(5), systemd.kill(5), systemd.resource-control(5), systemd.unit(5).
  private static func properties(_ spec: LaunchSpec, _ process: Int32) -> [(String, BusValue)] {
    [
      ("Description", .string("Call: \(spec.title)")),
      ("PIDs", .array([.uint32(UInt32(bitPattern: process))], of: "u")),
      // Without it, what the process has forked before could not be moved too.
      ("Delegate", .bool(true)),
      ("Slice", .string("app.slice")),
      // Where both are to stop, the daemon is the first: it asks the process, and ends the call with its reason.
      ("Before", .strings([DaemonName.unit])),
      ("TimeoutStopUSec", .uint64(UInt64(Wait.unitStop.components.seconds) * 1_000_000)),
      ("OOMPolicy", .string("continue")),
      ("CollectMode", .string("inactive-or-failed")),
    ]
  }
}

// SPDX-License-Identifier: Apache-2.0
import CallModel
import Logging
import Systemd

/// The daemon's name on the bus, which a daemon that was killed and cannot end keeps: its connection stays open.
@EventLoopActor
struct BusNameWait {
  let bus: Bus
  let logger: Logger

  /// Whether who has the name does nothing any more.
  func ownerWasKilled() async -> Bool { await owner().map(ProcessStatus.wasKilled) ?? false }

  /// nil if nobody has the name.
  private func owner() async -> Int32? {
    do throws(BusError) {
      return try await bus.ask("GetConnectionUnixProcessID", [.string(BusName.service)]) { reply throws(BusError) in
        Int32(clamping: try reply.read().asUInt32 ?? 0)
      }
    } catch { return nil }
  }

  /// Says who has the name.
  func taken() async -> BusError {
    guard let process = await owner(), let owner = ProcessStatus(of: process) else {
      return BusError.taken(BusName.service)
    }
    guard owner.name != DaemonName.executable else {
      return BusError.taken(BusName.service, "another daemon of this user is running: process \(process)")
    }
    return BusError.taken(
      BusName.service,
      "it belongs to process \(process) (\(DisplayText(owner.name))), which is not \(DaemonName.executable); "
        + "to end that process: kill \(process); to end calls: \(EngineUnit.commandToStopAll)")
  }

  /// Takes the name; from who cannot let it go, as soon as that has.
  func take() async throws(BusError) {
    do throws(BusError) { try await bus.requestName(BusName.service) } catch  where error.name == BusError.nameTaken {
      guard await ownerWasKilled() else { throw await taken() }
      logger.error(
        "the previous daemon was killed, but cannot exit because a disk does not answer: calls go on, but \(BusName.service) is not available until it exits"
      )
      EventLoopActor.task { await takeLater() }
    }
  }

  private func takeLater() async {
    while true {
      do {
        try await EventSource.pause(Wait.nameOfKilled)
        try await bus.requestName(BusName.service)
        return logger.notice("this daemon now owns \(BusName.service)")
      } catch let error as BusError where error.name == BusError.nameTaken {
        continue
      } catch { return logger.error("cannot acquire \(BusName.service): \(error)") }
    }
  }
}

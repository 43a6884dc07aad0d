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
  func ownerWasKilled() async -> Bool {
    do throws(BusError) {
      let process = try await bus.ask("GetConnectionUnixProcessID", [.string(BusName.service)]) {
        reply throws(BusError) in try reply.read().asUInt32 ?? 0
      }
      return ProcessStatus.wasKilled(Int32(clamping: process))
    } catch { return false }
  }

  /// Takes the name; from who cannot let it go, as soon as that has.
  func take() async throws(BusError) {
    do throws(BusError) { try await bus.requestName(BusName.service) } catch  where error.name == BusError.nameTaken {
      guard await ownerWasKilled() else { throw error }
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

extension Wait {
  /// Between two questions whether the name is free.
  static let nameOfKilled = Duration.seconds(1)
}

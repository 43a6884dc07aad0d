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
        "a daemon before this one was killed and cannot end, as a disk does not answer: the calls go on, but nobody can reach them by \(BusName.service) until it has ended"
      )
      EventLoopActor.task { await takeLater() }
    }
  }

  private func takeLater() async {
    while true {
      do {
        try await EventSource.pause(Wait.nameOfKilled)
        try await bus.requestName(BusName.service)
        return logger.notice("\(BusName.service) is this daemon's now")
      } catch let error as BusError where error.name == BusError.nameTaken {
        continue
      } catch { return logger.error("\(BusName.service) cannot be had: \(error)") }
    }
  }
}

extension Wait {
  /// Between two questions whether the name is free.
  static let nameOfKilled = Duration.seconds(1)
}

// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import Glibc
import LinuxFiles
import Logging
import Systemd

// MARK: - What an earlier daemon left

extension CallsService {
  /// Goes on with what an earlier daemon left. Called once, before anybody can call.
  ///
  /// - Parameter units: those of engines, where they are known already.
  func recover(stored: [(name: String, descriptor: Int32)], units: Set<String>? = nil) async throws(BusError) {
    let (records, leftOut) = self.records.load()
    let units = if let units { units } else { try await manager.engineUnits() }
    // Where calls run, there were records.
    self.records.recoverHistory(records, records.isEmpty && !units.isEmpty ? max(1, leftOut) : leftOut)
    var stored = usable(stored)

    for record in records {
      guard let id = SessionID(record.id) else { continue }
      if let process = record.spec.process {
        recover(record, id, process, stored.removeValue(forKey: StoredFD.process(record.id)))
      } else {
        recover(record, id, stored.removeValue(forKey: StoredFD.channel(record.id)), units.contains(record.unit))
      }
    }
    for (name, descriptor) in stored { discard(name, descriptor, "it belongs to no session") }
    let known = Set(sessions.values.map(\.record.unit))
    for unit in units.subtracting(known) { await stopStray(unit) }
    settleReferrals()
    guardCalls()
    lingering?.recover()
  }

  /// The stored descriptors that can be what their names say, by name. All others are closed.
  private func usable(_ stored: [(name: String, descriptor: Int32)]) -> [String: Int32] {
    var usable: [String: Int32] = [:]
    for (name, descriptor) in stored {
      if usable[name] != nil {
        // The newest comes first; by its name it cannot be told from the others.
        logger.warning("closing another stored descriptor “\(name)”")
        close(descriptor)
      } else if name.hasPrefix(StoredFD.channelPrefix), !Descriptor.isStreamSocket(descriptor) {
        discard(name, descriptor, "it is not an engine's channel")
      } else if name.hasPrefix(StoredFD.processPrefix), !ProcessHandle.isProcess(descriptor) {
        discard(name, descriptor, "it is not a process descriptor")
      } else {
        usable[name] = descriptor
      }
    }
    return usable
  }

  private func recover(_ record: SessionRecord, _ id: SessionID, _ channel: Int32?, _ unitRuns: Bool) {
    // It died before the engine was started, or at least before anybody was told: whoever asked will ask again.
    guard !record.events.isEmpty || unitRuns else {
      if let channel { discard(StoredFD.channel(record.id), channel, "its call was never launched") }
      return records.remove(id)
    }
    recover(record, id) { session in try session.recover(channel: channel, unitRuns: unitRuns) }
  }

  /// The same for a process that was adopted.
  private func recover(_ record: SessionRecord, _ id: SessionID, _ process: ProcessIdentity, _ descriptor: Int32?) {
    let name = StoredFD.process(record.id)
    let stored = descriptor.map { ProcessHandle($0) }
    let found = record.life.isOver ? nil : ProcessHandle.of(process, stored: stored)
    // Moved, but not announced before the daemon died.
    let isInUnit = found.flatMap { ProcessStatus(of: $0.number) }?.groups.contains(record.unit) ?? false
    let isLaunched = !record.events.isEmpty || isInUnit
    do {
      if stored == nil || found !== stored || !isLaunched { try FDStore.remove(name) }
      if let found, found !== stored, isLaunched {
        logger.warning("\(id): the fd store has lost its process descriptor; using its process ID and start time")
        try FDStore.add(name, found.descriptor)
      }
    } catch { logger.error("\(error)") }
    guard isLaunched else { return records.remove(id) }
    recover(record, id) { session in try session.recover(found) }
  }

  private func recover(_ record: SessionRecord, _ id: SessionID, _ goOn: (Session) throws -> Void) {
    let session = Session(record, id: id, host: self, logger: logger)
    add(session)
    do { try goOn(session) } catch {
      logger.error("\(id): cannot recover the call: \(error)", metadata: [JournalField.session: "\(id)"])
    }
    if session.life.isOver { forgetLater(session) }
  }

  private func discard(_ name: String, _ descriptor: Int32, _ why: String) {
    logger.warning("closing the stored descriptor “\(name)”: \(why)")
    do { try FDStore.discard(name, descriptor) } catch { logger.error("\(error)") }
  }

  private func stopStray(_ unit: String) async {
    logger.warning("stopping \(unit), which belongs to no session")
    do throws(BusError) { try await manager.stop(unit) } catch { logger.error("cannot stop \(unit): \(error)") }
  }
}

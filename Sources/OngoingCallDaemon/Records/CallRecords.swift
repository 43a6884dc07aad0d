// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import Logging
import Systemd

/// What is written down of all calls: a record of each, and their events.
@EventLoopActor
final class CallRecords {
  private(set) var history = EventHistory()
  private var lastSequence: UInt64 = 0
  private let store: RecordStore
  private let logger: Logger

  init(_ store: RecordStore, logger: Logger) { (self.store, self.logger) = (store, logger) }

  /// What must hold whenever the loop turns.
  var areHealthy: Bool { lastSequence == history.sequence }

  func nextSequence() -> UInt64 {
    lastSequence += 1
    return lastSequence
  }

  func append(_ events: [RecordedEvent]) {
    for event in events { history.append(event) }
  }

  /// - Parameter others: those that are lost too where somebody has removed their folder.
  func save(_ record: SessionRecord, besides others: () -> [SessionRecord]) throws {
    try store.save(record, besides: others)
  }

  func remove(_ id: SessionID) { store.remove(id) }

  func keep(authorities text: String, of id: SessionID) {
    do { try store.keep(authorities: text, of: id) } catch {
      logger.warning("the certificates of the account's authorities are not kept for \(id): \(error)")
    }
  }

  func authorities(of id: SessionID) -> String? { store.authorities(of: id) }

  /// Removes the record of a session whose events are in the history.
  func forget(_ id: SessionID) { if saveHistory() { store.remove(id) } }

  @discardableResult
  private func saveHistory() -> Bool {
    do { try store.saveHistory(history) } catch {
      logger.error("cannot write the event history: \(error)")
      return false
    }
    return true
  }

  // MARK: Recovery

  /// See ``RecordStore/load()``.
  func load() -> (records: [SessionRecord], leftOut: Int) { store.load() }

  /// No number is given out twice, whatever was lost.
  func recoverHistory(_ records: [SessionRecord], _ leftOut: Int) {
    let known = store.loadHistory()
    history = EventHistory((known?.events ?? []) + records.flatMap(\.events))
    if let known, known.sequence > history.sequence { history.skip(to: known.sequence) }
    if leftOut > 0 || known == nil {
      history.skip(to: history.sequence + Limit.lostEvents)
      saveHistory()
    }
    lastSequence = history.sequence
  }
}

// SPDX-License-Identifier: Apache-2.0
import CallModel

/// The identified callers of a connection. The bus is asked once per caller, because a unique name never changes its
/// owner.
@EventLoopActor
final class CallerCache {
  private unowned let bus: Bus
  private let limit: Int
  private let identify: CallQueue.Identify
  private var departures: BusSlot?
  private var known: [String: Known] = [:]
  private var newest: UInt64 = 0
  private var asked: Set<String> = []
  /// Whether a caller that has disconnected is still needed.
  private let isNeeded: @EventLoopActor (String) -> Bool

  private struct Known {
    var caller: Caller
    var number: UInt64
    var hasGone = false
  }

  enum Answer: Equatable {
    case known
    /// It has disconnected, and its answers are not wanted any more.
    case gone
  }

  init(
    on bus: Bus, remembered limit: Int, _ identify: @escaping CallQueue.Identify,
    isNeeded: @escaping @EventLoopActor (String) -> Bool
  ) throws(BusError) {
    (self.bus, self.limit, self.identify, self.isNeeded) = (bus, limit, identify, isNeeded)
    departures = try bus.onDepartures { [weak self] name in self?.departed(name) }
  }

  /// The caller with that unique name, if it has been identified.
  func caller(_ name: String) -> Caller? { known[name]?.caller }

  /// How many callers are remembered.
  var count: Int { known.count }

  /// Whether `name` is being identified.
  func isAsking(for name: String) -> Bool { asked.contains(name) }

  /// Whether another question may be asked: as many as callers that are remembered.
  var mayAsk: Bool { asked.count < limit }

  func ask(for name: String, _ answer: @escaping @EventLoopActor (Answer) -> Void) {
    asked.insert(name)
    bus.ask(
      // The bus answers for certain, however much there is to be read before. Whoever was taken for nobody meanwhile would
      // be told that the user's calls are not there.
      "GetConnectionCredentials", [.string(name)], timeout: nil,
      // Identify it while the descriptor in the answer is open.
      decode: { [identify] answer throws(BusError) in identify(name, BusCredentials(try answer.read())) },
      answer: { [weak self] result in
        if let self { answer(note(result, name)) }
      })
  }

  private func note(_ answer: Result<Caller, BusError>, _ name: String) -> Answer {
    asked.remove(name)
    switch answer {
    case .success(let caller): remember(caller, name)
    case .failure(let error) where error.name == BusError.nameHasNoOwner: return .gone
    case .failure(let error): remember(.unidentified("the bus does not say who it is: \(error)"), name)
    }
    return .known
  }

  private func remember(_ caller: Caller, _ name: String) {
    // A caller whose calls wait is still needed.
    let others = known.filter { !isNeeded($0.key) }
    if known.count >= limit, let oldest = others.min(by: { $0.value.number < $1.value.number }) {
      known[oldest.key] = nil
    }
    newest += 1
    known[name] = Known(caller: caller, number: newest)
  }

  private func departed(_ name: String) {
    if isNeeded(name) { known[name]?.hasGone = true } else { known[name] = nil }
  }

  /// The last waiting call of `name` is being answered.
  func settled(_ name: String) { if known[name]?.hasGone == true { known[name] = nil } }
}

// SPDX-License-Identifier: Apache-2.0

/// Who the callers of a connection are. Each is asked for once. A unique name is never another's.
@EventLoopActor
final class CallerBook {
  private unowned let bus: Bus
  private let limit: Int
  private let identify: CallQueue.Identify
  private var departures: BusSlot?
  private var known: [String: Known] = [:]
  private var newest: UInt64 = 0
  private var asked: Set<String> = []
  /// Whether somebody who has gone is still needed.
  private let isNeeded: @EventLoopActor (String) -> Bool

  private struct Known {
    var caller: Caller
    var number: UInt64
    var hasGone = false
  }

  enum Answer: Equatable {
    case known
    /// Nobody waits for answers any more.
    case gone
  }

  init(
    on bus: Bus, remembered limit: Int, _ identify: @escaping CallQueue.Identify,
    isNeeded: @escaping @EventLoopActor (String) -> Bool
  ) throws(BusError) {
    (self.bus, self.limit, self.identify, self.isNeeded) = (bus, limit, identify, isNeeded)
    departures = try bus.onDepartures { [weak self] name in self?.departed(name) }
  }

  /// Whoever has that unique name, and has been asked for.
  func caller(_ name: String) -> Caller? { known[name]?.caller }

  /// How many are remembered.
  var count: Int { known.count }

  /// Whether it is being found out who `name` is.
  func isAsking(for name: String) -> Bool { asked.contains(name) }

  /// As many may be asked for at a time as are remembered.
  var mayAsk: Bool { asked.count < limit }

  func ask(for name: String, _ answer: @escaping @EventLoopActor (Answer) -> Void) {
    asked.insert(name)
    bus.ask(
      // The bus answers for certain, however much there is to be read before. Whoever was taken for nobody meanwhile would
      // be told that the user's calls are not there.
      "GetConnectionCredentials", [.string(name)], timeout: nil,
      // While a descriptor that is in the answer is open.
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
    case .failure(let error): remember(.unidentified("the bus does not tell who it is: \(error)"), name)
    }
    return .known
  }

  private func remember(_ caller: Caller, _ name: String) {
    // Whose calls wait is needed yet.
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

  /// The last call of `name` that waited is being answered.
  func settled(_ name: String) { if known[name]?.hasGone == true { known[name] = nil } }
}

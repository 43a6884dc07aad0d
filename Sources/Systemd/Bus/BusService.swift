// SPDX-License-Identifier: Apache-2.0
import CallModel

/// The owner of a name on the bus: its methods and its signals.
///
/// A match rule with a well-known name proves nothing: any connection can send a directed signal that passes it. The
/// serial number of a call proves nothing: any connection can send a reply. So a call goes to the owner's unique name,
/// only the owner's reply counts, and only the owner's signals are delivered. The bus itself says who the owner is.
@EventLoopActor
public final class BusService {
  public let name: String
  /// The owner's unique name; nil if there is none, or until it is known. It is kept up to date from the first
  /// ``onOwner(_:)`` or ``onSignal(path:interface:member:arg0:_:)`` on.
  public private(set) var owner: String?

  private let bus: Bus
  private var isKnown: Bool
  private var changes: BusSlot?
  private var watchers: [UInt64: @EventLoopActor (String?) -> Void] = [:]
  private var newest: UInt64 = 0

  /// - Parameter name: a well-known name, or one that never changes its owner: a unique name, or the name of the bus
  ///   itself.
  init(_ name: String, on bus: Bus) {
    (self.name, self.bus) = (name, bus)
    owner = name.hasPrefix(":") || name == Bus.driverName ? name : nil
    isKnown = owner != nil
  }

  // MARK: The owner

  /// `handler` gets the owner's unique name, or nil if there is none: as soon as it is known, and whenever it changes.
  public func onOwner(_ handler: @escaping @EventLoopActor (String?) -> Void) throws(BusError) -> BusSlot {
    try follow()
    newest += 1
    let number = newest
    watchers[number] = handler
    if isKnown { handler(owner) }
    return BusSlot { self.watchers[number] = nil }
  }

  /// `handler` is called whenever the name gets a new owner.
  func onSuccessor(_ handler: @escaping @EventLoopActor () -> Void) throws(BusError) -> BusSlot {
    var last: String?? = isKnown ? .some(owner) : .none
    return try onOwner { owner in
      let isFirst = last == nil
      guard isFirst || owner != nil && owner != last else { return }
      last = .some(owner)
      if !isFirst { handler() }
    }
  }

  /// Waits for an owner other than the one with that unique name. Returns whether there is one in time.
  func hasOwner(otherThan former: String?, within limit: Duration) async throws(BusError) -> Bool {
    guard bus.isOpen else { return false }
    let bell = AutoResetEvent()
    let owners = try onOwner { if $0 != nil && $0 != former { bell.ring() } }
    let end = bus.onDisconnect { bell.ring() }
    await bell.wait(limit)
    withExtendedLifetime((owners, end)) {}
    return owner != nil && owner != former
  }

  /// Subscribes to changes before it asks for the owner, so that no change is missed.
  private func follow() throws(BusError) {
    guard !isKnown, changes == nil else { return }
    changes = try bus.onNameChange(SignalPattern(arguments: [0: name])) { [weak self] _, owner in self?.learn(owner) }
    bus.ask("GetNameOwner", [.string(name)], timeout: nil) { reply throws(BusError) in
      try reply.readString()
    } answer: { [weak self] owner in
      self?.learn(try? owner.get())
    }
  }

  private func learn(_ owner: String?) {
    guard !isKnown || owner != self.owner else { return }
    (self.owner, isKnown) = (owner, true)
    for number in watchers.keys.sorted() { watchers[number]?(owner) }
  }

  // MARK: Signals

  /// `handler` gets the matching signals of the owner, as long as the slot exists.
  ///
  /// - Parameter folder: ends with "/"; the first argument is a path in it, the folder itself, or one above it.
  public func onSignal(
    path: String? = nil, interface: String? = nil, member: String? = nil, arg0: String? = nil,
    about folder: String? = nil, _ handler: @escaping @EventLoopActor (borrowing Message) -> Void
  ) throws(BusError) -> BusSlot {
    var pattern = SignalPattern(path: path, interface: interface, member: member, folder: folder)
    pattern.arguments[0] = arg0
    return try onSignal(pattern, handler)
  }

  /// The bus works in order: it reports the owner before it passes on the first signal.
  func onSignal(
    _ pattern: SignalPattern, _ handler: @escaping @EventLoopActor (borrowing Message) -> Void
  ) throws(BusError) -> BusSlot {
    try follow()
    return try bus.listen(to: self, pattern, handler)
  }

  // MARK: Calls

  /// Calls a method of the owner, and returns what `decode` makes of the reply. If there is no owner, the bus starts
  /// one if it can.
  ///
  /// - Parameter timeout: for all of it; nil waits as long as the callee exists.
  public func call<T: Sendable>(
    path: String, interface: String, member: String, _ arguments: [BusValue] = [], timeout: Duration? = .seconds(25),
    decode: @escaping (borrowing Message) throws(BusError) -> T
  ) async throws(BusError) -> T {
    let deadline = TimeLimit(in: timeout)
    let owner = try await resolve(until: deadline)
    return try await withBusAnswer { answer in
      bus.call(owner, path, interface, member, arguments, until: deadline, decode: decode, answer: answer)
    }
  }

  /// Calls a method of the owner, who must be known. `answer` gets what `decode` makes of the reply, or the error,
  /// before anybody gets later messages of the bus. If nothing can be sent, it gets the error at once.
  public func call<T: Sendable>(
    path: String, interface: String, member: String, _ arguments: [BusValue] = [], timeout: Duration? = .seconds(25),
    decode: @escaping (borrowing Message) throws(BusError) -> T,
    answer: @escaping @EventLoopActor (Result<T, BusError>) -> Void
  ) {
    guard let owner else {
      return answer(.failure(BusError(BusError.nameHasNoOwner, "nobody on the bus owns the name \(name)")))
    }
    bus.call(
      owner, path, interface, member, arguments, until: TimeLimit(in: timeout), decode: decode, answer: answer)
  }

  private func resolve(until deadline: TimeLimit) async throws(BusError) -> String {
    if let owner { return owner }
    do throws(BusError) { return try await askForOwner(until: deadline) } catch {
      guard error.name == BusError.nameHasNoOwner else { throw error }
    }
    try await bus.ask("StartServiceByName", [.string(name), .uint32(0)], until: deadline) { _ throws(BusError) in }
    return try await askForOwner(until: deadline)
  }

  private func askForOwner(until deadline: TimeLimit) async throws(BusError) -> String {
    try await bus.ask("GetNameOwner", [.string(name)], until: deadline) { reply throws(BusError) in
      try reply.readString()
    }
  }
}

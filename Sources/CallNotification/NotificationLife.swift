// SPDX-License-Identifier: Apache-2.0
public import CallModel

/// The life of one notification: there exactly as long as it is wanted, whatever the server and the user do to it.
///
/// A value that does no I/O: an input goes in, effects come out. At most one `Notify` is under way; what changes
/// meanwhile is posted when it is answered.
public struct NotificationLife: Sendable, Equatable {
  public enum Input: Sendable, Equatable {
    /// It is to say this; nil: it is not to be there.
    case want(NotificationContent?)
    /// There is a server, by a name that no other ever has.
    case serverAppeared(String)
    case serverVanished
    /// The server's answer to `Notify`.
    case posted(UInt32)
    /// The server's error instead.
    case refused
    /// One of its actions was used, by the id or by what the action's key says.
    case acted(UInt32)
    /// It is gone, for whatever reason but the end of the server.
    case closed(UInt32)
    case passed(Deadline)
  }

  public enum Deadline: Sendable, CaseIterable {
    /// The pause between a dismissal and posting again.
    case dismissal
    /// The pause between an error and trying again.
    case retry
    /// The time within which a server closes a notification because an action of it was used.
    case use
  }

  public enum Effect: Sendable, Equatable {
    /// A provisional one is to expire by itself: its id may be lost together with this daemon. It is posted again, to
    /// stay, when its id is known and remembered.
    case post(NotificationContent, replacing: UInt32, isProvisional: Bool)
    case close(UInt32)
    /// Remember ``posted``, before anything that follows.
    case remember
    case arm(Deadline)
    case disarm(Deadline)
  }

  private enum Dismissal {
    case none
    case pause
    case untilChange
  }

  /// What is remembered for the next daemon.
  public var posted: PostedNotification? {
    guard let server else { return left }
    return id != 0 || underWay != nil ? PostedNotification(server: server, id: id) : nil
  }

  public var place: NotificationPlace {
    guard server != nil, wanted != nil else { return .none }
    if id != 0 { return .shown }
    return dismissal != .none ? .dismissed : isRefused ? .none : .waiting
  }

  /// The server has refused it, and has not taken it since.
  public private(set) var isRefused = false

  /// On the server; 0 where there is none.
  public private(set) var id: UInt32 = 0

  /// There is nothing on any server, and nothing will be.
  public var isOver: Bool { wanted == nil && id == 0 && underWay == nil }

  /// Errors in a row, since there was something new to say.
  public private(set) var failures = 0

  private var wanted: NotificationContent?
  private var server: String?
  private var shown: NotificationContent?
  private var underWay: NotificationContent?
  private var dismissal = Dismissal.none
  private var mustWait = false
  /// An action was used just now: a server that then closes it has not been asked to by the user.
  private var wasUsed = false
  /// The id is one that the server gave to this daemon.
  private var isConfirmed = false
  /// It was closed while an update was under way.
  private var wasClosed = false
  /// The one before: a server may tell of an action after it has closed what it belonged to.
  private var lastID: UInt32 = 0
  /// There may be one whose id nobody knows: an earlier daemon may have been posting it when it died.
  private var mayHaveLeftAnother = false
  /// What an earlier daemon has left.
  private var left: PostedNotification?

  public init(left: PostedNotification? = nil) { self.left = left }

  public mutating func handle(_ input: Input) -> [Effect] {
    switch input {
    case .want(let content): want(content)
    case .serverAppeared(let name): serverAppeared(name)
    case .serverVanished: serverVanished()
    case .posted(let id): posted(id)
    case .refused: refused()
    case .acted(let id): acted(id)
    case .closed(let id): closed(id)
    case .passed(.dismissal): again { $0.dismissal = .none }
    case .passed(.retry): again { $0.mustWait = false }
    case .passed(.use): again { $0.wasUsed = false }
    }
  }

  /// Whether an action of the server's notification `id` is one of this: by its id or, where the action's key names this
  /// session (`isNamed`), because it may be one that an earlier daemon has left.
  public func owns(_ id: UInt32, isNamed: Bool) -> Bool {
    guard server != nil, id != 0 else { return false }
    return id == self.id || id == lastID || (isNamed && mayHaveLeftAnother)
  }

  private mutating func want(_ content: NotificationContent?) -> [Effect] {
    guard content != wanted else { return [] }
    let isMoreUrgent = (content?.urgency ?? 0) > (wanted?.urgency ?? 0)
    wanted = content
    failures = 0
    var effects: [Effect] = []
    if mustWait {
      mustWait = false
      effects.append(.disarm(.retry))
    }
    // An ongoing one keeps the user's pause, unless it has become urgent.
    if dismissal == .untilChange || content?.isOngoing != true || isMoreUrgent { effects += endDismissal() }
    return effects + settle()
  }

  private mutating func endDismissal() -> [Effect] {
    defer { dismissal = .none }
    return dismissal == .pause ? [.disarm(.dismissal)] : []
  }

  private mutating func again(_ change: (inout Self) -> Void) -> [Effect] {
    change(&self)
    return settle()
  }

  /// Does what is left to do for the notification to be as it is wanted.
  private mutating func settle() -> [Effect] {
    guard server != nil, underWay == nil else { return [] }
    guard let wanted else {
      guard id != 0 else { return [] }
      defer { forget() }
      return [.close(id), .remember]
    }
    guard wanted != shown, dismissal == .none, !mustWait else { return [] }
    underWay = wanted
    // Before it is posted for the first time, so that the next daemon knows that there may be one.
    return (id == 0 ? [.remember] : []) + [.post(wanted, replacing: id, isProvisional: !stays(wanted))]
  }

  private mutating func posted(_ newID: UInt32) -> [Effect] {
    guard let content = underWay else { return [] }
    (underWay, wasClosed, failures, isRefused) = (nil, false, 0, false)
    shown = stays(content) ? content : nil
    // What is to be closed at once is forgotten only then.
    let remember: [Effect] = id == newID || wanted == nil ? [] : [.remember]
    if id != newID { lastID = id }
    (id, isConfirmed) = (newID, true)
    return remember + settle()
  }

  /// What goes by itself anyway needs no second time to be told.
  private func stays(_ content: NotificationContent) -> Bool { isConfirmed || content.expires }

  private mutating func forget() { (id, lastID, shown, isConfirmed, wasClosed) = (0, id, nil, false, false) }

  private mutating func refused() -> [Effect] {
    guard underWay != nil else { return [] }
    (underWay, isRefused) = (nil, true)
    if wasClosed { forget() }
    guard wanted != nil else { return id == 0 ? [.remember] : settle() }
    mustWait = true
    failures += 1
    return [.remember, .arm(.retry)]
  }

  private mutating func acted(_ id: UInt32) -> [Effect] {
    if id == self.id {
      wasUsed = true
      return [.arm(.use)]
    }
    guard id != lastID, owns(id, isNamed: true) else { return [] }
    // There it is, the one that an earlier daemon has left.
    mayHaveLeftAnother = false
    return [.close(id)]
  }

  private mutating func closed(_ closedID: UInt32) -> [Effect] {
    guard closedID != 0, closedID == id else { return [] }
    guard underWay == nil else {
      // The server has not read yet what is under way, and will show it again.
      wasClosed = true
      return []
    }
    forget()
    guard let wanted else { return [.remember] }
    // A server that closes what was used has done so on its own account.
    if wasUsed, wanted.isOngoing {
      wasUsed = false
      return [.remember, .disarm(.use)] + settle()
    }
    dismissal = wanted.isOngoing ? .pause : .untilChange
    return [.remember] + (wanted.isOngoing ? [.arm(.dismissal)] : [])
  }

  // MARK: The server

  private mutating func serverAppeared(_ name: String) -> [Effect] {
    guard name != server else { return [] }
    let effects = serverVanished()
    server = name
    guard let left else { return effects + settle() }
    self.left = nil
    if left.server == name { (id, mayHaveLeftAnother) = (left.id, true) }
    return effects + (id == 0 ? [.remember] : []) + settle()
  }

  /// Its notifications went with it.
  private mutating func serverVanished() -> [Effect] {
    guard server != nil else { return [] }
    self = NotificationLife(wanted: wanted)
    return [.remember] + Deadline.allCases.map(Effect.disarm)
  }

  private init(wanted: NotificationContent?) { self.wanted = wanted }
}

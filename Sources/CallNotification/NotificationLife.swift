// SPDX-License-Identifier: Apache-2.0
public import CallModel

/// The life of one notification: it exists exactly as long as it is wanted, whatever the server and the user do to it.
///
/// A value that does no I/O: an input goes in, effects come out. At most one `Notify` is pending; changes in the
/// meantime are posted when it is answered.
public struct NotificationLife: Sendable, Equatable {
  public enum Input: Sendable, Equatable {
    /// The wanted content; nil means that there should be no notification.
    case want(NotificationContent?)
    /// There is a server, with a name that no other server ever has.
    case serverAppeared(String, ServerTraits = .unknown)
    case serverVanished
    /// The server's answer to `Notify`.
    case posted(UInt32)
    /// The server answered with an error.
    case refused
    /// One of its actions was used, by the id or by the action's key.
    case acted(UInt32)
    /// It was closed, for whatever reason except the end of the server.
    case closed(UInt32, byUser: Bool = true)
    case passed(Deadline)
  }

  public enum Deadline: Sendable, CaseIterable {
    /// The delay between a dismissal, known or possible, and posting it again.
    case dismissal
    /// The delay between an error and the next try.
    case retry
    /// The time for which a new one is before the user's eyes.
    case banner
    /// The time within which a server closes a notification because one of its actions was used.
    case use
  }

  public enum Effect: Sendable, Equatable {
    /// A provisional notification expires by itself, because its id may be lost together with this daemon. When its id
    /// is known and saved, it is posted again to stay. One that is quiet tells the user nothing new.
    case post(NotificationContent, replacing: UInt32, isProvisional: Bool = false, isQuiet: Bool = false)
    case close(UInt32)
    /// Save ``posted``, before any later effect.
    case remember
    case arm(Deadline)
    case disarm(Deadline)
  }

  /// What the server has of it.
  private struct OnServer: Equatable {
    var id: UInt32 = 0
    /// The previous id: a server may report an action after it has closed the notification.
    var lastID: UInt32 = 0
    /// nil if it is not as it was posted.
    var content: NotificationContent?
    /// Of the content, which an earlier daemon may have posted; nil as that is.
    var fingerprint: UInt64?
    /// This daemon got the id from the server.
    var isConfirmed = false
    /// It was closed while an update was pending.
    var wasClosed = false

    mutating func forget() { self = OnServer(lastID: id) }
  }

  private enum Dismissal {
    case none
    case pause
    case untilChange
  }

  /// What is saved for the next daemon.
  public var posted: PostedNotification? {
    guard let server else { return left }
    guard id != 0 || underWay != nil else { return nil }
    // Until the server answers, nobody knows which of the two it shows.
    return PostedNotification(
      server: server, id: id, content: underWay == nil ? onServer.fingerprint : nil, news: toldNews)
  }

  public var place: NotificationPlace {
    guard server != nil, wanted != nil else { return .none }
    if id != 0 { return .shown }
    return dismissal != .none ? .dismissed : isRefused ? .none : .waiting
  }

  /// The server has refused it, and has not accepted it since.
  public private(set) var isRefused = false

  /// Its id on the server; 0 if there is none.
  public var id: UInt32 { onServer.id }

  /// There is nothing on any server, and there will be nothing.
  public var isOver: Bool { wanted == nil && id == 0 && underWay == nil }

  /// Consecutive errors since the content last changed.
  public private(set) var failures = 0

  /// How often the server has closed it in a row without the user: two notifications must not displace each other for
  /// ever.
  public private(set) var evictions = 0

  private var wanted: NotificationContent?
  private var server: String?
  private var traits = ServerTraits.unknown
  private var onServer = OnServer()
  private var underWay: NotificationContent?
  private var dismissal = Dismissal.none
  private var mustWait = false
  /// The user may be about to press a button, and an update would take the buttons away.
  private var isBeforeTheEyes = false
  /// An action was just used: if the server now closes the notification, the user did not ask for that.
  private var wasUsed = false
  /// There may be a notification whose id nobody knows, because an earlier daemon may have died while posting it.
  private var mayHaveLeftAnother = false
  /// What an earlier daemon left.
  private var left: PostedNotification?
  /// Whether a dismissal of what an earlier daemon left may have been missed.
  private var mayBeDismissed = false
  /// What the user was told last, by this daemon or an earlier one.
  private var toldNews: UInt64?

  public init(left: PostedNotification? = nil) { self.left = left }

  public mutating func handle(_ input: Input) -> [Effect] {
    switch input {
    case .want(let content): want(content)
    case .serverAppeared(let name, let traits): serverAppeared(name, traits)
    case .serverVanished: serverVanished()
    case .posted(let id): posted(id)
    case .refused: refused()
    case .acted(let id): acted(id)
    case .closed(let id, let byUser): closed(id, byUser)
    case .passed(.dismissal): again { $0.endPause() }
    case .passed(.banner): again { $0.isBeforeTheEyes = false }
    case .passed(.retry): again { $0.mustWait = false }
    case .passed(.use): again { $0.wasUsed = false }
    }
  }

  /// Whether an action of the notification `id` belongs to this one: by its id, or, if the action's key names this
  /// session (`isNamed`), because an earlier daemon may have left that notification.
  public func owns(_ id: UInt32, isNamed: Bool) -> Bool {
    guard server != nil, id != 0 else { return false }
    return id == self.id || id == onServer.lastID || (isNamed && mayHaveLeftAnother)
  }

  /// Whether the server shows this action, or may be showing it when its next message comes.
  public func offers(_ key: ActionKey) -> Bool {
    [wanted, onServer.content, underWay].contains { $0?.actions.contains { $0.key == key } == true }
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
    // An ongoing notification respects the user's pause, unless it has become urgent.
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

  /// The remaining effects until the notification is as wanted.
  private mutating func settle() -> [Effect] {
    guard server != nil, underWay == nil else { return [] }
    guard let wanted else {
      guard id != 0 else { return [] }
      defer { onServer.forget() }
      return [.close(id), .remember]
    }
    guard wanted.fingerprint != onServer.fingerprint, dismissal == .none, !mustWait else { return [] }
    let isQuiet = traits.has(.silentWhenLow) && toldNews == wanted.news && wanted.urgency < Importance.max.urgency
    guard !isQuiet || !isBeforeTheEyes else { return [] }
    let isKnown = id == 0 || onServer.fingerprint != nil
    underWay = wanted
    // Save before, so that the next daemon knows that there may be a notification, and not which.
    return endDoubt() + (isKnown ? [.remember] : [])
      + [.post(wanted, replacing: id, isProvisional: !stays(wanted), isQuiet: isQuiet)]
  }

  private mutating func endDoubt() -> [Effect] {
    defer { mayBeDismissed = false }
    return mayBeDismissed ? [.disarm(.dismissal)] : []
  }

  private mutating func endPause() {
    dismissal = .none
    guard mayBeDismissed else { return }
    (mayBeDismissed, onServer.fingerprint) = (false, nil)
  }

  private mutating func posted(_ newID: UInt32) -> [Effect] {
    guard let content = underWay else { return [] }
    (underWay, failures, isRefused) = (nil, 0, false)
    onServer.content = stays(content) ? content : nil
    onServer.fingerprint = onServer.content?.fingerprint
    let isNews = toldNews != content.news
    toldNews = content.news
    if id != newID { onServer.lastID = id }
    (onServer.id, onServer.isConfirmed, onServer.wasClosed) = (newID, true, false)
    // What is to be closed at once is forgotten only after that.
    var effects: [Effect] = []
    if traits.has(.losesButtons), isNews {
      isBeforeTheEyes = true
      effects.append(.arm(.banner))
    }
    let next = settle()
    return (next.contains(.remember) ? [] : [.remember]) + effects + next
  }

  /// What disappears by itself anyway need not be posted twice.
  private func stays(_ content: NotificationContent) -> Bool {
    onServer.isConfirmed || content.expires || !traits.has(.losesNothingByReplacing)
  }

  private mutating func refused() -> [Effect] {
    guard underWay != nil else { return [] }
    (underWay, isRefused) = (nil, true)
    if onServer.wasClosed { onServer.forget() }
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
    guard id != onServer.lastID, owns(id, isNamed: true) else { return [] }
    // This is the one that an earlier daemon left.
    mayHaveLeftAnother = false
    return [.close(id)]
  }

  private mutating func closed(_ closedID: UInt32, _ byUser: Bool) -> [Effect] {
    guard closedID != 0, closedID == id else { return [] }
    guard underWay == nil else {
      // The server has not read the pending update yet, and will show the notification again.
      onServer.wasClosed = true
      return []
    }
    onServer.forget()
    let effects = endDoubt() + [.remember]
    guard let wanted else { return effects }
    // A server that closes a used notification does so by itself.
    if wasUsed, wanted.isOngoing {
      wasUsed = false
      return effects + [.disarm(.use)] + settle()
    }
    evictions = byUser ? 0 : evictions + 1
    dismissal = wanted.isOngoing ? .pause : .untilChange
    return effects + (wanted.isOngoing ? [.arm(.dismissal)] : [])
  }

  // MARK: The server

  private mutating func serverAppeared(_ name: String, _ traits: ServerTraits) -> [Effect] {
    guard name != server else { return [] }
    var effects = serverVanished()
    (server, self.traits) = (name, traits)
    guard let left else { return effects + settle() }
    self.left = nil
    if left.server == name {
      (onServer.id, mayHaveLeftAnother, toldNews) = (left.id, true, left.news)
      if traits.has(.keepsWithoutSender), left.id != 0, left.content != nil {
        (onServer.fingerprint, onServer.isConfirmed) = (left.content, true)
        // As if the user had just dismissed it: nobody has heard whether they did.
        if wanted?.fingerprint == left.content, wanted?.isOngoing == true {
          mayBeDismissed = true
          effects.append(.arm(.dismissal))
        }
      }
    }
    return effects + (id == 0 ? [.remember] : []) + settle()
  }

  /// Its notifications are gone with it.
  private mutating func serverVanished() -> [Effect] {
    guard server != nil else { return [] }
    self = NotificationLife(wanted: wanted)
    return [.remember] + Deadline.allCases.map(Effect.disarm)
  }

  private init(wanted: NotificationContent?) { self.wanted = wanted }
}

// SPDX-License-Identifier: Apache-2.0

/// The life of one notification: there exactly as long as it is wanted, whatever the server and the user do to it.
///
/// A value that does no I/O: an input goes in, effects come out. At most one `Notify` is under way; what changes
/// meanwhile is posted when it is answered.
public struct NotificationLife: Sendable, Equatable {
  public enum Input: Sendable, Equatable {
    /// It is to say this; nil: it is not to be there.
    case want(NotificationContent?)
    /// There is a server, by its unique name.
    case serverAppeared(String)
    case serverVanished
    /// The server's answer to `Notify`.
    case posted(UInt32)
    /// The server's error instead.
    case refused
    /// One of its actions was used.
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
    case post(NotificationContent, replacing: UInt32)
    case close(UInt32)
    /// Remember ``posted``, before anything that follows.
    case remember
    case arm(Deadline)
    case disarm(Deadline)
  }

  /// There may be one whose id nobody knows: an earlier daemon was posting it when it died.
  public private(set) var mayHaveLeftAnother = false

  /// What is remembered for the next daemon.
  public var posted: PostedNotification? {
    guard let server else { return left }
    return id != 0 || underWay != nil ? PostedNotification(server: server, id: id) : nil
  }

  /// Where a user finds it.
  public enum Place: String, Sendable {
    case shown
    /// Taken away by the user; it comes back.
    case dismissed
    /// It is being posted, or is going to be.
    case waiting
    /// There is no server, or none that takes it.
    case none
  }

  public var place: Place {
    guard server != nil, wanted != nil, failures < Self.maximumFailures else { return .none }
    return id != 0 ? .shown : isDismissed ? .dismissed : .waiting
  }

  /// On the server; 0 where there is none.
  public private(set) var id: UInt32 = 0
  /// Errors since the server last did as it was told.
  public private(set) var failures = 0

  private var wanted: NotificationContent?
  private var server: String?
  private var shown: NotificationContent?
  private var underWay: NotificationContent?
  private var isDismissed = false
  private var mustWait = false
  /// An action was used just now: a server that then closes it has not been asked to by the user.
  private var wasUsed = false
  /// What an earlier daemon has left.
  private var left: PostedNotification?

  public init(left: PostedNotification? = nil) { self.left = left }

  /// Errors in a row after which a server is left alone until the notification changes.
  static let maximumFailures = 5

  public mutating func handle(_ input: Input) -> [Effect] {
    switch input {
    case .want(let content): want(content)
    case .serverAppeared(let name): serverAppeared(name)
    case .serverVanished: serverVanished()
    case .posted(let id): posted(id)
    case .refused: refused()
    case .acted(let id): acted(id)
    case .closed(let id): closed(id)
    case .passed(.dismissal): again { $0.isDismissed = false }
    case .passed(.retry): again { $0.mustWait = false }
    case .passed(.use): again { $0.wasUsed = false }
    }
  }

  private mutating func want(_ content: NotificationContent?) -> [Effect] {
    guard content != wanted else { return [] }
    wanted = content
    failures = 0
    var effects: [Effect] = []
    // One that is not ongoing comes back when it has something new to say; an ongoing one keeps the user's pause.
    if isDismissed, content?.isOngoing != true {
      isDismissed = false
      effects.append(.disarm(.dismissal))
    }
    return effects + settle()
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
      defer { (id, shown) = (0, nil) }
      return [.close(id), .remember]
    }
    guard wanted != shown, !isDismissed, !mustWait, failures < Self.maximumFailures else { return [] }
    underWay = wanted
    // Before it is posted for the first time, so that the next daemon knows that there may be one.
    return (id == 0 ? [.remember] : []) + [.post(wanted, replacing: id)]
  }

  private mutating func posted(_ newID: UInt32) -> [Effect] {
    guard let content = underWay else { return [] }
    (underWay, shown, wasUsed, failures) = (nil, content, false, 0)
    var effects: [Effect] = id == newID ? [] : [.remember]
    id = newID
    // It was dismissed before the server read this; now it is there.
    if isDismissed {
      isDismissed = false
      effects.append(.disarm(.dismissal))
    }
    return effects + settle()
  }

  private mutating func refused() -> [Effect] {
    guard underWay != nil else { return [] }
    (underWay, mustWait) = (nil, true)
    failures += 1
    return [.remember, .arm(.retry)]
  }

  private mutating func acted(_ id: UInt32) -> [Effect] {
    guard self.id == id else { return [] }
    wasUsed = true
    return [.arm(.use)]
  }

  private mutating func closed(_ closedID: UInt32) -> [Effect] {
    guard closedID != 0, closedID == id else { return [] }
    (id, shown) = (0, nil)
    guard wanted != nil else { return [.remember] }
    // A server that closes what was used has done so on its own account.
    if wasUsed, wanted?.isOngoing == true {
      wasUsed = false
      return [.remember] + settle()
    }
    isDismissed = true
    return [.remember] + (wanted?.isOngoing == true ? [.arm(.dismissal)] : [])
  }

  // MARK: The server

  private mutating func serverAppeared(_ name: String) -> [Effect] {
    guard name != server else { return [] }
    let effects = server == nil ? [] : serverVanished()
    server = name
    if let left, left.server == name { (id, mayHaveLeftAnother) = (left.id, left.id == 0) }
    defer { left = nil }
    return effects + (left == nil || id != 0 ? [] : [.remember]) + settle()
  }

  /// Its notifications went with it.
  private mutating func serverVanished() -> [Effect] {
    guard server != nil else { return [] }
    (server, id, shown, underWay, wasUsed, failures) = (nil, 0, nil, nil, false, 0)
    (isDismissed, mustWait, mayHaveLeftAnother) = (false, false, false)
    return [.remember] + Deadline.allCases.map(Effect.disarm)
  }
}

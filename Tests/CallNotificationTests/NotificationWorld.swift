// SPDX-License-Identifier: Apache-2.0
@testable import CallNotification

/// What must hold whatever servers, users and daemons do, and in whatever order.
enum NotificationInvariant: String, CaseIterable {
  case atMostOneNotifyUnderWay
  case onlyWhatIsWantedIsPosted
  case nothingIsPostedDuringThePauseAfterADismissal
  case onlyIDsOfTheServerThatIsThere
  case rememberedBeforeItIsPosted
  case closedBeforeItIsForgotten
  case whatReplacesNothingKnownIsProvisional
  case onlyWhatIsKnownIsQuiet
  case exactlyOneAtQuietWhereItIsWanted
  case noneAtQuietWhereItIsNot
  case atQuietItIsRememberedWhereItIs
  case quietComes
}

/// A notification's life among a notification server, a user and daemons that die; and what is violated in it.
///
/// What daemon and server tell each other is under way for a while, in order, and may be lost with either.
struct NotificationWorld {
  struct Server {
    var name: String
    var nextID: UInt32 = 1
    var shown: [UInt32: Shown] = [:]
    /// As GNOME Shell: what a sender has posted goes with it.
    var dropsWithSender: Bool
    /// As dunst: an id that it does not know is taken as it comes.
    var takesAnyID: Bool
    var traits: ServerTraits
  }

  struct Shown: Equatable {
    var content: NotificationContent
    var isProvisional: Bool
    var sender: Int
  }

  enum Request {
    case notify(NotificationContent, replacing: UInt32, isProvisional: Bool, sender: Int)
    case close(UInt32)
  }

  private(set) var life = NotificationLife()
  private(set) var server: Server?
  private(set) var wanted: NotificationContent?
  private(set) var violated: Set<NotificationInvariant> = []
  private(set) var armed: Set<NotificationLife.Deadline> = []
  /// Updates of what was dismissed meanwhile, and what is posted at once to stay. Where their daemon dies before it hears
  /// what has become of them, no daemon can find them again until it hears of them: what is not made good.
  private var moved: Set<UInt32> = []
  /// What happened, for people.
  private(set) var story: [String] = []
  /// The server that the daemon knows of: what it asks goes there, or nowhere.
  private var met = ""
  private var metTraits: ServerTraits?
  private var record: PostedNotification?
  /// What the server has told the user.
  private var told: Set<UInt64> = []
  private var requests: [Request] = []
  private var news: [NotificationLife.Input] = []
  private var underWay = 0
  private var daemon = 0
  private var servers = 0
  /// Ids that the server that is there has told of.
  private var known: Set<UInt32> = []
  /// Those of them that it told of without having been asked.
  private var orphans: Set<UInt32> = []
  /// The daemon dies after so many more effects.
  var effectsToLive: Int?

  mutating func check(_ holds: Bool, _ invariant: NotificationInvariant) {
    if !holds { violated.insert(invariant) }
  }

  // MARK: The daemon

  mutating func handle(_ input: NotificationLife.Input) {
    if case .passed(let deadline) = input { armed.remove(deadline) }
    story.append("\(input.brief):")
    switch input {
    case .serverAppeared(let name, let traits): (met, metTraits) = (name, traits)
    case .posted, .refused: underWay = 0
    case .serverVanished: (underWay, known, orphans, met) = (0, [], [], "")
    default: break
    }
    switch input {
    case .posted(let id):
      known.insert(id)
    case .acted(let id) where !known.contains(id):
      known.insert(id)
      orphans.insert(id)
    default: break
    }
    for effect in life.handle(input) {
      if let left = effectsToLive {
        guard left > 0 else {
          if case .posted(let id) = input, server?.shown[id]?.isProvisional == false { moved.insert(id) }
          return restartDaemon()
        }
        effectsToLive = left - 1
      }
      carryOut(effect)
    }
  }

  mutating func carryOut(_ effect: NotificationLife.Effect) {
    story.append(effect.brief)
    switch effect {
    case .post(let content, let replaced, let isProvisional, let isQuiet):
      underWay += 1
      check(underWay == 1, .atMostOneNotifyUnderWay)
      check(content == wanted, .onlyWhatIsWantedIsPosted)
      check(!armed.contains(.dismissal), .nothingIsPostedDuringThePauseAfterADismissal)
      check(replaced == 0 || known.contains(replaced), .onlyIDsOfTheServerThatIsThere)
      check(replaced != 0 || record != nil, .rememberedBeforeItIsPosted)
      check(
        replaced != 0 || isProvisional || metTraits?.has(.losesNothingByReplacing) == false,
        .whatReplacesNothingKnownIsProvisional)
      check(!isQuiet || server?.name != met || told.contains(content.news), .onlyWhatIsKnownIsQuiet)
      ask(.notify(content, replacing: replaced, isProvisional: isProvisional, sender: daemon))
    case .close(let id):
      check(known.contains(id), .onlyIDsOfTheServerThatIsThere)
      check(record != nil || orphans.contains(id), .closedBeforeItIsForgotten)
      ask(.close(id))
    case .remember: record = life.posted
    case .arm(let deadline): armed.insert(deadline)
    case .disarm(let deadline): armed.remove(deadline)
    }
  }

  private mutating func ask(_ request: Request) { if server?.name == met { requests.append(request) } }

  mutating func want(_ content: NotificationContent?) {
    wanted = content
    handle(.want(content))
  }

  /// It dies, and another takes its place.
  mutating func restartDaemon() {
    if server?.dropsWithSender == true {
      server?.shown = [:]
      requests.removeAll()
    }
    for case .posted(let id) in news where server?.shown[id]?.isProvisional == false { moved.insert(id) }
    daemon += 1
    story.append("restart:")
    met = ""
    (underWay, armed, news, effectsToLive) = (0, [], [], nil)
    known = record.map { $0.server == server?.name && $0.id != 0 ? [$0.id] : [] } ?? []
    life = NotificationLife(left: record)
    handle(.want(wanted))
    if let server { news = [.serverAppeared(server.name, server.traits)] }
  }

  mutating func deliver() { if !news.isEmpty { handle(news.removeFirst()) } }

  // MARK: The server

  /// - Parameter kind: as it says itself.
  mutating func startServer(_ kind: String, dropsWithSender: Bool, takesAnyID: Bool) {
    guard server == nil else { return }
    servers += 1
    let started = Server(
      name: ":1.\(servers)", dropsWithSender: dropsWithSender, takesAnyID: takesAnyID,
      traits: ServerTraits(name: kind, capabilities: ["body", "actions"]))
    server = started
    story.append("(server \(started.name) \(kind)\(dropsWithSender ? " drops" : "")\(takesAnyID ? " any" : ""))")
    news.append(.serverAppeared(started.name, started.traits))
  }

  mutating func killServer() {
    guard server != nil else { return }
    (server, requests, moved, told) = (nil, [], [], [])
    story.append("(killed)")
    news.append(.serverVanished)
  }

  /// It does the first thing that it was asked for.
  mutating func serve(refusing: Bool) {
    guard server != nil, !requests.isEmpty else { return }
    switch requests.removeFirst() {
    case .close(let id): closed(id)
    case .notify(_, _, _, let sender) where refusing: if sender == daemon { news.append(.refused) }
    case .notify(let content, let replaced, let isProvisional, let sender):
      let id = self.id(for: replaced)
      if (replaced != 0 && server?.shown[replaced] == nil) || sender != daemon, !isProvisional { moved.insert(id) }
      told.insert(content.news)
      story.append("(shows \(id))")
      server?.shown[id] = Shown(content: content, isProvisional: isProvisional, sender: sender)
      if sender == daemon { news.append(.posted(id)) }
    }
  }

  private mutating func id(for replaced: UInt32) -> UInt32 {
    guard var server else { return 0 }
    if replaced != 0, server.takesAnyID || server.shown[replaced] != nil { return replaced }
    defer { self.server = server }
    defer { server.nextID += 1 }
    return server.nextID
  }

  private mutating func closed(_ id: UInt32) {
    guard server?.shown.removeValue(forKey: id) != nil else { return }
    story.append("(closes \(id))")
    news.append(.closed(id))
  }

  // MARK: The user and the time

  mutating func dismiss() { if let id = server?.shown.keys.min() { closed(id) } }

  /// - Parameter closing: the server closes what was used.
  mutating func act(closing: Bool) {
    guard let id = server?.shown.keys.min() else { return }
    news.append(.acted(id))
    if closing { closed(id) }
  }

  mutating func expire() {
    for (id, shown) in server?.shown ?? [:] where shown.isProvisional { closed(id) }
  }

  mutating func pass(_ deadline: NotificationLife.Deadline) {
    if armed.contains(deadline) { handle(.passed(deadline)) }
  }

  /// Everything that is under way arrives, and all pauses pass.
  mutating func comeToQuiet() {
    for _ in 0..<1000 {
      if !requests.isEmpty { serve(refusing: false) } else if !news.isEmpty { deliver() }
      guard requests.isEmpty, news.isEmpty else { continue }
      if let deadline = armed.first {
        pass(deadline)
        continue
      }
      expire()
      if requests.isEmpty, news.isEmpty { return checkQuiet() }
    }
    check(false, .quietComes)
  }

  private mutating func checkQuiet() {
    for id in moved where record?.id != id { server?.shown[id] = nil }
    guard let server else { return }
    let shown = server.shown.values.map(\.content)
    if let wanted {
      // The user may have dismissed one that is not ongoing.
      check(shown == [wanted] || (!wanted.isOngoing && shown.isEmpty), .exactlyOneAtQuietWhereItIsWanted)
    } else {
      check(shown.isEmpty, .noneAtQuietWhereItIsNot)
    }
    // Whether the user has dismissed what is not ongoing while no daemon was there, nobody knows.
    let isThere =
      server.shown.keys.first.map { record?.id == $0 && record?.server == server.name }
      ?? (record == nil || wanted?.isOngoing == false)
    check(isThere, .atQuietItIsRememberedWhereItIs)
    // And what it says, unless a daemon died before it knew.
    let saved = server.shown.values.first.map { [nil, $0.content.fingerprint].contains(record?.content) } ?? true
    check(saved, .atQuietItIsRememberedWhereItIs)
  }
}

extension NotificationLife.Input {
  fileprivate var brief: String {
    if case .want(let content) = self { "want \(content.map(\.summary) ?? "nothing")" } else { "\(self)" }
  }
}

extension NotificationLife.Effect {
  fileprivate var brief: String {
    if case .post(let content, let id, let isProvisional, let isQuiet) = self {
      "post \(content.summary) for \(id)\(isProvisional ? ", provisionally" : "")\(isQuiet ? ", quietly" : "")"
    } else {
      "\(self)"
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
public import OngoingCall

/// What the window knows and what the user has chosen. It does no I/O: what happens goes in, and a picture comes out.
///
/// Times are of a clock that runs while the machine sleeps.
public struct WindowState: Sendable {
  /// So long after the daemon has gone, its calls are gone, too: it is not just being replaced.
  private static let patience: Duration = .seconds(10)

  private let phrases: WindowPhrases
  private var known = OngoingCalls.Snapshot()
  /// When `known` was told.
  private var told: Duration = .zero
  private var trouble: String?
  private var isAwaySince: Duration?
  private var isTold = false
  /// The call on the page: whole, or what the user has given for it and is not known yet.
  private var chosen: String?
  /// It is there because it was the only one, and not because the user wanted to see it.
  private var isChosenByItself = false
  /// What is known of it, also after the daemon has forgotten it.
  private var last: OngoingCalls.Call?

  public init(phrases: WindowPhrases) { self.phrases = phrases }

  // MARK: What happens

  public mutating func take(_ update: OngoingCalls.Update, at now: Duration) {
    switch update {
    case .snapshot(let snapshot):
      (known, told, trouble, isAwaySince, isTold) = (snapshot, now, nil, nil, true)
      if let chosen, last == nil { find(chosen) }
      if let call = known.calls.first(where: { $0.id == chosen }) {
        last = call
      } else {
        last?.state = .ended
      }
      chooseByItself()
    case .noDaemon:
      (trouble, isAwaySince, isTold) = (nil, isAwaySince ?? now, true)
    case .trouble(let error):
      (trouble, isTold) = (phrases.trouble(CallText.line(error.description, limit: 500), error.remedy), true)
    }
  }

  /// The user wants to see this call.
  ///
  /// - Parameter id: whole, or a beginning that no other call has; or a call's name.
  public mutating func choose(_ id: String) {
    isChosenByItself = false
    find(id)
  }

  private mutating func find(_ id: String) {
    let found = known.calls.filter { $0.id == id || $0.name == id }
    let call = found.first ?? only(known.calls.filter { $0.id.hasPrefix(id) })
    (chosen, last) = (call?.id ?? id, call)
  }

  /// The user wants to see none of them in particular.
  public mutating func leave() {
    (chosen, last) = (nil, nil)
    chooseByItself()
  }

  /// Only what the user has chosen stays when there is another one.
  private mutating func chooseByItself() {
    let live = known.calls.filter { !$0.hasEnded }
    guard chosen == nil || (isChosenByItself && last?.hasEnded == true && !live.isEmpty) else { return }
    last = only(live)
    (chosen, isChosenByItself) = (last?.id, last != nil)
  }

  // MARK: What is shown

  private func live(at now: Duration) -> [OngoingCalls.Call] {
    if let isAwaySince, now - isAwaySince >= Self.patience { return [] }
    return known.calls.filter { !$0.hasEnded }
  }

  /// The call on the page.
  public func shown(at now: Duration) -> OngoingCalls.Call? {
    guard var last else { return nil }
    // Without a daemon, there is no call.
    if !live(at: now).contains(where: { $0.id == last.id }) { last.state = .ended }
    return last
  }

  /// The account of that choice; nil is the default one.
  public func account(at index: Int) -> String? {
    let choices = accounts
    return choices.indices.contains(index) ? choices[index].id : nil
  }

  /// The default account is first, as it is what is taken where nothing is chosen.
  private var accounts: [WindowPicture.AccountChoice] {
    let usable = known.accounts.filter(\.isEnabled)
    guard !usable.isEmpty else { return [] }
    let sorted = usable.filter(\.isDefault) + usable.filter { !$0.isDefault }
    let choices = sorted.map { WindowPicture.AccountChoice(id: $0.id, text: $0.displayName) }
    let none = WindowPicture.AccountChoice(id: "", text: phrases.withoutAccount)
    // Without a default account, nothing is taken where nothing is chosen.
    return usable.contains(where: \.isDefault) ? choices + [none] : [none] + choices
  }

  public func picture(at now: Duration) -> WindowPicture {
    let live = live(at: now)
    let later = max(.zero, now - told)
    var picture = WindowPicture()
    picture.trouble = trouble ?? (isAwaySince != nil && !live.isEmpty ? phrases.isAway : nil)
    picture.rows = live.map {
      .init(id: $0.id, title: $0.displayName, subtitle: $0.stateLine(later: later, phrases))
    }
    picture.accounts = accounts
    picture.page = shown(at: now).map { CallPage($0, later: $0.hasEnded ? .zero : later, phrases) }
    if picture.page == nil, isTold {
      let isLost = chosen != nil
      picture.emptyTitle = isLost ? phrases.ended : live.isEmpty ? phrases.noCalls : phrases.severalCalls
      picture.emptyText = isLost ? phrases.noSuchCall : live.isEmpty ? phrases.howToBegin : ""
    }
    picture.ticks = !live.isEmpty
    return picture
  }
}

private func only<Element>(_ elements: [Element]) -> Element? { elements.count == 1 ? elements[0] : nil }

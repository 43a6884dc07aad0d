// SPDX-License-Identifier: Apache-2.0
package import CallModel
package import OngoingCall

/// What the window knows and what the user has chosen. It does no I/O: what happens goes in, and a picture comes out.
///
/// Times are of a clock that runs while the machine sleeps.
package struct WindowState: Sendable {
  /// So long after the daemon has gone, its calls are gone, too: it is not just being replaced.
  private static let patience: Duration = .seconds(10)

  private let phrases: WindowPhrases
  private var calls = CallsPicture()
  /// When `calls` were told.
  private var told: Duration = .zero
  private var trouble: String?
  private var isAwaySince: Duration?
  private var isTold = false
  /// The call on the page: whole, or what the user has given for it and is not known yet.
  private var chosen: String?
  /// It is there because it was the only one, and not because the user wanted to see it.
  private var isChosenByItself = false
  /// What is known of it, also after the daemon has forgotten it.
  private var last: SessionInfo?

  package init(phrases: WindowPhrases) { self.phrases = phrases }

  // MARK: What happens

  package mutating func take(_ news: CallsFollower.News, at now: Duration) {
    switch news {
    case .picture(let calls):
      (self.calls, told, trouble, isAwaySince, isTold) = (calls, now, nil, nil, true)
      if let chosen, last == nil { find(chosen) }
      if let info = calls.sessions.first(where: { $0.id == chosen }) {
        last = info
      } else {
        last?.state = SessionState.ended.rawValue
      }
      chooseByItself()
    case .noDaemon:
      (trouble, isAwaySince, isTold) = (nil, isAwaySince ?? now, true)
    case .trouble(let error):
      (trouble, isTold) = (phrases.trouble(SessionInfo.shown(error.description, limit: 500), error.remedy), true)
    }
  }

  /// The user wants to see this call.
  ///
  /// - Parameter id: whole, or a beginning that no other call has; or a call's name.
  package mutating func choose(_ id: String) {
    isChosenByItself = false
    find(id)
  }

  private mutating func find(_ id: String) {
    let found = calls.sessions.filter { $0.id == id || $0.name == id }
    let info = found.first ?? only(calls.sessions.filter { $0.id.hasPrefix(id) })
    (chosen, last) = (info?.id ?? id, info)
  }

  /// The user wants to see none of them in particular.
  package mutating func leave() {
    (chosen, last) = (nil, nil)
    chooseByItself()
  }

  /// Only what the user has chosen stays when there is another one.
  private mutating func chooseByItself() {
    let live = calls.sessions.filter { !$0.hasEnded }
    guard chosen == nil || (isChosenByItself && last?.hasEnded == true && !live.isEmpty) else { return }
    last = only(live)
    (chosen, isChosenByItself) = (last?.id, last != nil)
  }

  // MARK: What is shown

  private func live(at now: Duration) -> [SessionInfo] {
    if let isAwaySince, now - isAwaySince >= Self.patience { return [] }
    return calls.sessions.filter { !$0.hasEnded }
  }

  /// The call on the page.
  package func shown(at now: Duration) -> SessionInfo? {
    guard var last else { return nil }
    // Without a daemon, there is no call.
    if !live(at: now).contains(where: { $0.id == last.id }) { last.state = SessionState.ended.rawValue }
    return last
  }

  /// The account of that choice; nil is the default one.
  package func account(at index: Int) -> String? {
    let choices = accounts
    return choices.indices.contains(index) ? choices[index].id : nil
  }

  /// The default account is first, as it is what is taken where nothing is chosen.
  private var accounts: [WindowPicture.AccountChoice] {
    let usable = calls.accounts.filter(\.isEnabled)
    guard !usable.isEmpty else { return [] }
    let sorted = usable.filter(\.isDefault) + usable.filter { !$0.isDefault }
    let choices = sorted.map { account in
      let text = [account.identity, account.address, account.id].first { !$0.isEmpty } ?? account.id
      return WindowPicture.AccountChoice(id: account.id, text: SessionInfo.shown(text, limit: 80))
    }
    let none = WindowPicture.AccountChoice(id: "", text: phrases.withoutAccount)
    // Without a default account, nothing is taken where nothing is chosen.
    return usable.contains(where: \.isDefault) ? choices + [none] : [none] + choices
  }

  package func picture(at now: Duration) -> WindowPicture {
    let live = live(at: now)
    let later = UInt64(clamping: max(.zero, now - told).microseconds)
    var picture = WindowPicture()
    picture.trouble = trouble ?? (isAwaySince != nil && !live.isEmpty ? phrases.isAway : nil)
    picture.rows = live.map { info in
      .init(
        id: info.id, title: info.who,
        subtitle: info.stateLine(later: later, isRinging: calls.ringing.contains(info.id), phrases))
    }
    picture.accounts = accounts
    picture.page = shown(at: now).map { info in
      CallPage(
        info, later: info.hasEnded ? 0 : later, isRinging: calls.ringing.contains(info.id), phrases)
    }
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

extension Duration {
  fileprivate var microseconds: Int64 { components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000 }
}

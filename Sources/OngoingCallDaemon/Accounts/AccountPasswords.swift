// SPDX-License-Identifier: Apache-2.0
import CallModel
import Systemd

/// What the daemon knows of its accounts' passwords: whether there is one, and which are left by accounts that are gone.
@EventLoopActor
final class AccountPasswords {
  private let accounts: AccountStore
  let store: PasswordStore
  private let patience: Duration
  /// Checked one after the other, so that a call's password is never long in coming.
  private var waiting: [AccountID] = []
  private var isChecking = false
  private var waiters: [() -> Void] = []
  private var leftBehind: [AccountID: EventSource] = [:]
  private var keyring: (service: BusService, slot: BusSlot)?
  private var nextLook: EventSource?

  /// - Parameter patience: how long the password of an account whose file is gone stays.
  init(_ accounts: AccountStore, _ store: PasswordStore, patience: Duration = Wait.passwordLeftBehind) {
    (self.accounts, self.store, self.patience) = (accounts, store, patience)
    store.onNews = { [weak self] in self?.heard($0, $1, $2) }
    accounts.observers.append { [weak self] in self?.changed(since: $0) }
    changed(since: AccountList())
  }

  /// Returns when what can be found out at once was found out.
  func settle() async {
    guard isChecking || !waiting.isEmpty else { return }
    await withCheckedContinuation { continuation in waiters.append { continuation.resume() } }
  }

  /// Looks again when a keyring comes, as it does at a login after the daemon.
  func followKeyring(on bus: Bus) throws(BusError) {
    let service = bus.service(SecretName.service)
    let slot = try service.onOwner { [weak self] owner in if owner != nil { self?.lookSoon() } }
    keyring = (service, slot)
  }

  /// Not at once, nor for each time that the name changes hands.
  private func lookSoon() {
    guard nextLook == nil else { return }
    nextLook = try? EventSource.timer(after: Wait.keyringStart) { [weak self] in
      guard let self else { return }
      nextLook = nil
      for entry in accounts.list.entries
      where entry.account?.passwordPlace == .secretService && !waiting.contains(entry.id) { waiting.append(entry.id) }
      check()
    }
  }

  private func changed(since before: AccountList) {
    for entry in before.entries where accounts.list[entry.id] == nil { forgetLater(entry.id) }
    for entry in accounts.list.entries {
      leftBehind[entry.id] = nil
      // Other settings: what was found out before was forgotten with them.
      if entry.account != nil, entry.account != before[entry.id]?.account { waiting.append(entry.id) }
    }
    // Not before all others have heard of the accounts.
    if !waiting.isEmpty { EventLoopActor.task { [weak self] in self?.check() } }
  }

  private func check() {
    guard !isChecking else { return }
    while let id = waiting.first {
      waiting.removeFirst()
      guard let place = accounts.list[id]?.account?.passwordPlace else { continue }
      isChecking = true
      store.check(id, in: place) { [weak self] _ in
        self?.isChecking = false
        self?.check()
      }
      return
    }
    let settled = waiters
    waiters = []
    for waiter in settled { waiter() }
  }

  private func heard(_ id: AccountID, _ place: PasswordPlace, _ news: PasswordStore.News) {
    guard accounts.list[id]?.account?.passwordPlace == place else { return }
    accounts.learn(of: id) { found in
      switch news {
      case .found:
        if found.hasPassword == false { found.problem = "" }
        found.hasPassword = true
      case .stored: (found.hasPassword, found.isRefused, found.problem) = (true, false, "")
      case .problem(let problem):
        if problem.meansNone { found.hasPassword = false }
        found.problem = "\(problem)"
      }
    }
  }

  /// A file that comes back, as that of an editor does, is the same account.
  private func forgetLater(_ id: AccountID) {
    guard let directory = accounts.directory else { return }
    leftBehind[id] = try? EventSource.timer(after: patience) { [weak self] in
      self?.leftBehind[id] = nil
      self?.store.removeLeft(by: id, of: directory)
    }
  }
}

extension PasswordProblem {
  fileprivate var meansNone: Bool {
    switch self {
    case .missing, .noFolder: true
    default: false
    }
  }
}

// MARK: - What calls tell of their accounts

extension AccountStore {
  /// Whether the servers of an account let a call through.
  func heard(_ events: [RecordedEvent], of spec: LaunchSpec) {
    guard let id = spec.account.flatMap(AccountID.init) else { return }
    for event in events {
      switch event.name {
      case EventName.ringing.rawValue, EventName.joined.rawValue:
        learn(of: id) { if $0.hasPassword != false { $0.problem = "" } }
      case TerminalEvent.launchFailed.rawValue: learn(of: id) { $0.heard(event, of: spec) }
      default: break
      }
    }
  }
}

extension AccountFindings {
  fileprivate mutating func heard(_ end: RecordedEvent, of spec: LaunchSpec) {
    let reasons = [EndReason.notPermitted, .unreachable].map(\.rawValue)
    guard let reason = end.reason, reasons.contains(reason) else { return }
    let called = spec.uri ?? ""
    problem = "the last call (\(called)) failed: \(end.detail ?? reason)"
  }
}

// SPDX-License-Identifier: Apache-2.0
import CallModel
import Systemd

// MARK: - The account that the call goes through, and what it makes of what was written

extension LaunchOptions {
  /// Whether the accounts decide what is called.
  var mayNeedAccount: Bool {
    guard let written = request.uri else { return false }
    guard request.call.account != "" else { return false }
    guard case .address(let uri)? = try? CallTarget(written) else { return true }
    return request.call.account != nil || mayUseStandard(for: uri)
  }

  /// An address to call, and the account that is to be called through.
  func callee(
    _ written: String, _ engines: EngineList, _ accounts: AccountList
  ) throws(CallRefusal) -> (uri: String, account: AccountList.Entry?) {
    let target = try CallRefusal.ofOption(LaunchOption.uri) { () throws(OptionProblem) in
      do { return try CallTarget(written) } catch { throw OptionProblem(LaunchOption.uri, "\(error)") }
    }
    let asked = request.call.account
    guard let named = asked, !named.isEmpty else {
      if case .address(let uri) = target { return (uri.description, asked == nil ? standard(for: uri, accounts) : nil) }
      // An engine may call numbers by itself.
      let scheme = (try? CallURI(written))?.scheme
      if let scheme, engines.all.contains(where: { $0.schemes.contains(scheme) }) { return (written, nil) }
      guard asked == nil else {
        throw .invalidOption(
          LaunchOption.uri,
          "“\(OptionProblem.shown(written))” is called through an account, as it has no scheme like sip:, and this call "
            + "is to go through none; name an account, or call an address such as sip:someone@example.org")
      }
      guard let sandbox = permission.owner else { return try through(accounts.standard(for: written), target) }
      guard let entry = standard(accounts) else { throw .accountNotPermitted(to: sandbox, nil) }
      return try through(entry, target)
    }
    if case .address(let uri) = target, SIPAddress(uri) == nil {
      throw .invalidOption(
        LaunchOption.account, "an account calls sip: and sips: addresses, numbers and names, not “\(uri.scheme):”")
    }
    guard let sandbox = permission.owner else { return try through(accounts.named(named), target) }
    return try through(accounts.named(named, by: sandbox), target)
  }

  private func mayUseStandard(for uri: CallURI) -> Bool { SIPAddress(uri) != nil }

  /// As with other SIP phones, it is the default account that calls an address.
  private func standard(for uri: CallURI, _ accounts: AccountList) -> AccountList.Entry? {
    mayUseStandard(for: uri) ? standard(accounts) : nil
  }

  /// The default account; nil where calls cannot go through it, or those of whoever asks may not.
  private func standard(_ accounts: AccountList) -> AccountList.Entry? {
    guard let entry = accounts.entries.first(where: \.isDefault), let account = entry.account, account.isEnabled,
      permission.owner.map({ account.lets($0.application) }) ?? true
    else { return nil }
    return entry
  }

  /// That the account's encryption is not lost.
  func checkEncryption(of spec: LaunchSpec) throws(CallRefusal) {
    let name = permission.owner == nil ? "“\(spec.account ?? "")” " : ""
    for (setting, key) in [(EngineSetting.encryption, "Encryption"), (EngineSetting.keyExchange, "KeyExchange")]
    where spec.engineSettings[setting] != spec.settings[setting] && !spec.engine.settings.contains(setting) {
      throw .invalidOption(
        LaunchOption.account,
        "the account \(name)has a setting for encryption, which the engine “\(spec.engine.name)” does not "
          + "know; use another engine, or remove \(key)= from the account")
    }
  }

  private func through(
    _ entry: AccountList.Entry, _ target: CallTarget
  ) throws(CallRefusal) -> (uri: String, account: AccountList.Entry?) {
    guard let account = entry.account else {
      throw .invalidOption(LaunchOption.account, "the account “\(entry.id)” cannot be used: \(entry.problem)")
    }
    guard account.isEnabled else {
      throw .invalidOption(
        LaunchOption.account,
        "the account “\(entry.id)” is disabled; enable it: \(ToolName.control) account enable \(entry.id)")
    }
    return (account.address(calling: target), entry)
  }
}

extension AccountList {
  fileprivate func named(_ name: String) throws(CallRefusal) -> Entry {
    guard let id = AccountID(name), let entry = self[id] else {
      throw .invalidOption(LaunchOption.account, "there is no account “\(OptionProblem.shown(name))”; \(listed)")
    }
    return entry
  }

  /// By what an application in a sandbox sees of it. Whether there is an account that it may not use is not told.
  fileprivate func named(_ name: String, by sandbox: Sandbox) throws(CallRefusal) -> Entry {
    let own = entries.filter { $0.account?.lets(sandbox.application) == true }
    if let entry = own.first(where: { $0.name == name }) { return entry }
    let found = own.filter { $0.label == name }
    guard found.count < 2 else {
      throw .invalidOption(
        LaunchOption.account,
        "there are \(found.count) accounts “\(OptionProblem.shown(name))”; give the Id of one of them")
    }
    guard let entry = found.first else { throw .accountNotPermitted(to: sandbox, name) }
    return entry
  }

  /// The default account, through which is called what has no scheme of its own.
  fileprivate func standard(for written: String) throws(CallRefusal) -> Entry {
    if let entry = entries.first(where: \.isDefault) { return entry }
    let what = "“\(OptionProblem.shown(written))” is called through an account, as it has no scheme like sip:"
    guard !entries.isEmpty else {
      throw .invalidOption(
        LaunchOption.uri,
        "\(what); there is no account; add one: \(ToolName.control) account add sip:me@example.org --default")
    }
    throw .invalidOption(
      LaunchOption.uri,
      "\(what); no account is the default, and none is named; name one of \(ids.sorted().map(\.description).joined(separator: ", ")), or make it the default: \(ToolName.control) account edit ID --default"
    )
  }
}

extension CallRefusal {
  /// - Parameter name: nil is the default account.
  fileprivate static func accountNotPermitted(to sandbox: Sandbox, _ name: String?) -> CallRefusal {
    let which = name.map { "“\(OptionProblem.shown($0))”" } ?? "the user's default account"
    let remedy = "the user can permit that: \(ToolName.control) account edit ID --allow-app \(sandbox.application)"
    return .notPermitted("“\(sandbox.application)” is in a sandbox, and may not call through \(which); \(remedy)")
  }
}

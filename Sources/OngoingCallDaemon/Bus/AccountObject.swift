// SPDX-License-Identifier: Apache-2.0
import CallModel
import Systemd

/// org.ongoingcall.Calls1.Account: decodes, asks the store, encodes.
@EventLoopActor
final class AccountObject: FolderObject {
  private let id: AccountID
  private let store: AccountStore
  /// nil where passwords cannot be kept.
  private let passwords: AccountPasswords?
  private let tester: AccountTester

  init(_ id: AccountID, _ store: AccountStore, _ passwords: AccountPasswords?, _ tester: AccountTester) {
    (self.id, self.store, self.passwords, self.tester) = (id, store, passwords, tester)
  }

  /// An application in a sandbox sees that there is an account, and hardly more: ``property(_:for:)``.
  func isVisible(to caller: Caller) -> Bool {
    if case .unidentified = caller { false } else { true }
  }

  func handle(_ call: MethodCall) {
    do throws(BusError) {
      let method = AccountMethod(rawValue: call.message.member)
      do throws(CallRefusal) { try call.permission.check(method) } catch { throw BusError(error) }
      switch method {
      case .edit: edit(try call.message.read().asEntries ?? [], call)
      case .enable: edit([(AccountKey.enabled, .bool(true))], call)
      case .disable: edit([(AccountKey.enabled, .bool(false))], call)
      case .remove: remove(call)
      case .test: test(call)
      case .setPassword: try setPassword(try call.message.read().asDescriptor, call)
      case nil: throw BusError("org.freedesktop.DBus.Error.UnknownMethod", "no method \(call.message.member)")
      }
    } catch { call.fail(error.ofThisAPI) }
  }

  private func edit(_ settings: [(String, BusValue)], _ call: MethodCall) {
    answer(call) { [store, id, passwords] () async throws(BusError) in
      try await store.edit(id, settings)
      // Its state is then what it stays.
      await passwords?.settle()
    }
  }

  /// With its password, where that can be removed; an account that stays because of it would be worse.
  private func remove(_ call: MethodCall) {
    let finish = { [store, id] in
      self.answer(call) { () async throws(BusError) in try await store.remove(id) }
    }
    guard let passwords = passwords?.store else { return finish() }
    passwords.removeEverywhere(id) { [store, id] problems in
      for problem in problems { store.note("cannot remove the password of the account “\(id)”: \(problem)") }
      finish()
    }
  }

  private func setPassword(_ descriptor: BusDescriptor?, _ call: MethodCall) throws(BusError) {
    guard let passwords = passwords?.store, let descriptor else {
      throw BusError(.notSupported("\(DaemonName.executable) cannot keep passwords here"))
    }
    guard let account = store.list[id]?.account else {
      let problem = store.list[id]?.problem ?? ""
      throw BusError(BusError.inputOutput, "the file of the account “\(id)” is wrong; correct it first: \(problem)")
    }
    PasswordReader.read(from: descriptor.raw) { [id] result in
      switch result {
      case .failure(let refusal): call.fail(BusError(refusal))
      case .success(let password):
        let label = "SIP account \(account.address)"
        passwords.store(password, for: id, label: label, in: account.passwordPlace) { result in
          switch result {
          case .success: call.reply()
          case .failure(let problem): call.fail(BusError(BusError.inputOutput, "cannot set the password: \(problem)"))
          }
        }
      }
    }
  }

  private func test(_ call: MethodCall) {
    EventLoopActor.task { [tester, id] in
      do throws(BusError) {
        let found = try await tester.test(id)
        call.reply([.array(found.map(\.busValue), of: "(sbs)")])
      } catch { call.fail(error.ofThisAPI) }
    }
  }

  private func answer(
    _ call: MethodCall, _ action: @escaping @EventLoopActor () async throws(BusError) -> Void
  ) {
    EventLoopActor.task {
      do throws(BusError) {
        try await action()
        call.reply()
      } catch { call.fail(error) }
    }
  }

  func property(_ name: String) -> BusValue? { store.list[id].map(AccountInfo.init)?.value(of: name) }

  func property(_ name: String, for viewer: Caller?) -> BusValue? {
    guard case .sandboxed(let sandbox)? = viewer else { return property(name) }
    return store.list[id].map { AccountInfo($0, for: sandbox) }?.value(of: name)
  }
}

extension AccountInfo {
  /// All that an application in a sandbox is told.
  init(_ entry: AccountList.Entry, for sandbox: Sandbox) {
    self.init(id: entry.name)
    label = entry.label
    isPermitted = entry.account?.lets(sandbox.application) == true
  }

  init(_ entry: AccountList.Entry) {
    self.init(id: entry.id.description)
    (label, isPermitted) = (entry.label, true)
    identity = entry.account?.identity ?? ""
    address = entry.account?.address ?? ""
    isDefault = entry.isDefault
    isEnabled = entry.account?.isEnabled ?? false
    state = entry.state.rawValue
    registeredUntil = entry.registeredUntil
    lastError = entry.lastError
    settings = entry.account ?? Account()
  }
}

// SPDX-License-Identifier: Apache-2.0
import CallModel
import Systemd

/// org.ongoingcall.Calls1.Account: decodes, asks the store, encodes.
@EventLoopActor
final class AccountObject: FolderObject {
  private let id: AccountID
  private let store: AccountStore

  init(_ id: AccountID, _ store: AccountStore) { (self.id, self.store) = (id, store) }

  /// To all others there are no accounts.
  func isVisible(to caller: Caller) -> Bool { caller == .unconfined }

  func handle(_ call: MethodCall) {
    do throws(BusError) {
      let method = AccountMethod(rawValue: call.message.member)
      do throws(CallRefusal) { try call.permission.check(method) } catch { throw BusError(error) }
      switch method {
      case .edit: edit(try call.message.read().asEntries ?? [], call)
      case .enable: edit([(AccountKey.enabled, .bool(true))], call)
      case .disable: edit([(AccountKey.enabled, .bool(false))], call)
      case .remove: answer(call) { [store, id] () async throws(BusError) in try await store.remove(id) }
      case nil: throw BusError("org.freedesktop.DBus.Error.UnknownMethod", "no method \(call.message.member)")
      }
    } catch { call.fail(error.ofThisAPI) }
  }

  private func edit(_ settings: [(String, BusValue)], _ call: MethodCall) {
    answer(call) { [store, id] () async throws(BusError) in try await store.edit(id, settings) }
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
}

extension AccountInfo {
  init(_ entry: AccountList.Entry) {
    self.init(id: entry.id.description)
    identity = entry.account?.identity ?? ""
    address = entry.account?.address ?? ""
    isDefault = entry.isDefault
    isEnabled = entry.account?.isEnabled ?? false
    state = entry.state.rawValue
    lastError = entry.problem
    settings = entry.account ?? Account()
  }
}

// SPDX-License-Identifier: Apache-2.0
import CallModel
import Logging
import Systemd

/// Puts the accounts on the bus, and tells the bus what becomes of them.
@EventLoopActor
final class AccountsExporter {
  private let store: AccountStore
  private let passwords: AccountPasswords?
  private let tester: AccountTester
  private let bus: Bus
  private let objects: ExportedFolder
  private let logger: Logger

  init(
    _ store: AccountStore, _ passwords: AccountPasswords?, _ tester: AccountTester, on bus: Bus, logger: Logger
  ) throws(BusError) {
    (self.store, self.passwords, self.tester, self.bus, self.logger) = (store, passwords, tester, bus, logger)
    objects = try bus.export(below: BusName.accountsPath, .account, named: BusName.accountInterface)
    objects.alias = { [weak store] name in
      AccountID(name).flatMap { store?.numbers[$0] }.map(AccountID.shown)
    }
    for entry in store.list.entries { objects[entry.name] = object(entry.id) }
    store.observers.append { [weak self] before in self?.changed(since: before) }
  }

  private func object(_ id: AccountID) -> AccountObject { AccountObject(id, store, passwords, tester) }

  private func changed(since before: AccountList) {
    for old in before.entries where store.list[old.id] == nil {
      attempt { () throws(BusError) in try bus.emitObjectRemoved(BusName.accountPath(old.name)) }
      objects[old.name] = nil
    }
    for entry in store.list.entries {
      let path = BusName.accountPath(entry.name)
      if let old = before[entry.id] {
        var names = AccountInfo(entry).changes(since: AccountInfo(old))
        // To whom else calls are permitted is not told.
        if entry.account?.permitted != old.account?.permitted { names.append(AccountInfo.name(\.isPermitted)) }
        guard !names.isEmpty else { continue }
        attempt { () throws(BusError) in
          try bus.emitPropertiesChanged(path: path, interface: BusName.accountInterface, names)
        }
      } else {
        objects[entry.name] = object(entry.id)
        attempt { () throws(BusError) in try bus.emitObjectAdded(path) }
      }
    }
  }

  /// The bus hears of an account; the account does not depend on the bus.
  private func attempt(_ action: () throws(BusError) -> Void) {
    do throws(BusError) { try action() } catch { logger.error("cannot send to the bus: \(error)") }
  }
}

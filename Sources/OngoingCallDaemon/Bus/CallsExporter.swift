// SPDX-License-Identifier: Apache-2.0
import CallModel
import Logging
import Systemd

/// Puts the service and its sessions on the bus, and tells the bus what happens to them.
@EventLoopActor
final class CallsExporter: CallsServiceObserver {
  private let bus: Bus
  private unowned let notifications: NotificationController
  private let logger: Logger
  private let returner: CallReturner
  private let manager: ExportedObject
  private let objectManager: BusSlot
  private let sessions: ExportedFolder
  private let accounts: AccountsExporter
  private let store: AccountStore
  private let calls: CallQueue

  init(
    _ service: CallsService, _ notifications: NotificationController, _ returner: CallReturner, on bus: Bus,
    logger: Logger,
    identify: @escaping CallQueue.Identify = { _, credentials in credentials.identify() }
  ) throws(BusError) {
    self.bus = bus
    self.notifications = notifications
    self.logger = logger
    self.returner = returner
    store = service.accounts
    let built = BuiltNotifications(on: bus, logger: logger)
    manager = try bus.export(
      ManagerObject(service, notifications, built), at: BusName.rootPath, .manager, named: BusName.managerInterface)
    objectManager = try bus.addObjectManager(at: BusName.rootPath)
    calls = try bus.queueCalls(.ofThisAPI, identify: identify)
    sessions = try bus.export(below: BusName.sessionsPath, .session, named: BusName.sessionInterface)
    accounts = try AccountsExporter(
      service.accounts, service.accountPasswords, service.accountTester, on: bus, logger: logger)
    service.observers.append(self)
  }

  func sessionAppeared(_ session: Session) {
    let path = BusName.sessionPath(session.id.description)
    sessions[session.id.description] = SessionObject(session, notifications, returner, store)
    attempt { () throws(BusError) in try bus.emitObjectAdded(path) }
  }

  func sessionChanged(_ session: Session, events: [RecordedEvent], properties: [String]) {
    let path = BusName.sessionPath(session.id.description)
    attempt {
      () throws(BusError) in
      if !properties.isEmpty {
        try bus.emitPropertiesChanged(path: path, interface: BusName.sessionInterface, properties)
      }
      for event in events {
        try bus.emit(
          path: path, interface: BusName.sessionInterface, member: SessionSignal.event.name,
          [.uint64(event.sequence), .uint64(event.time), .string(event.name), event.details.announcement])
      }
    }
  }

  func sessionWillDisappear(_ session: Session) {
    attempt { () throws(BusError) in
      try bus.emitObjectRemoved(BusName.sessionPath(session.id.description))
    }
    sessions[session.id.description] = nil
  }

  /// The bus hears of a call; the call does not depend on the bus.
  private func attempt(_ action: () throws(BusError) -> Void) {
    do throws(BusError) { try action() } catch { logger.error("cannot send to the bus: \(error)") }
  }
}

extension CallRules {
  fileprivate static var ofThisAPI: CallRules {
    let tooMany = CallRefusal.limitReached(
      "\(Limit.waitingCalls) calls of this client are already waiting; read the answers before you make the next calls")
    let tooLarge = CallRefusal.limitReached(
      "the call is larger than \(Limit.callBytes) bytes, the limit of a call; leave some values out")
    let noDescriptors = CallRefusal.limitReached(
      "no descriptors are left for those of the call; send fewer at a time, or end another call first")
    var rules = CallRules(
      tooMany: BusError(tooMany), tooLarge: BusError(tooLarge), noDescriptors: BusError(noDescriptors))
    rules.endings = [SessionMethod.hangUp.rawValue, SessionMethod.abort.rawValue]
    rules.beginnings = [ManagerMethod.launch.rawValue, SessionMethod.answerTransfer.rawValue]
    rules.large = [
      ManagerMethod.describe.rawValue, ManagerMethod.eventsSince.rawValue, "GetManagedObjects", "GetAll", "Introspect",
    ]
    rules.remembered = Limit.rememberedCallers
    rules.calls = Limit.waitingCalls
    rules.callBytes = Limit.callBytes
    return rules
  }
}

// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import CallNotification
import FoundationEssentials
import Systemd

/// org.ongoingcall.Calls1.Manager: decodes, asks the service, encodes.
@EventLoopActor
final class ManagerObject: BusObject {
  // Both have this for as long as they live.
  private unowned let service: CallsService
  private unowned let notifications: NotificationController
  private let built: BuiltNotifications
  /// Notifications that are being checked, by caller.
  private var building: [String: Int] = [:]

  init(_ service: CallsService, _ notifications: NotificationController, _ built: BuiltNotifications) {
    (self.service, self.notifications, self.built) = (service, notifications, built)
  }

  func handle(_ call: MethodCall) {
    do throws(BusError) {
      let method = ManagerMethod(rawValue: call.message.member)
      do throws(CallRefusal) { try call.permission.check(method) } catch { throw BusError(error) }
      switch method {
      case .launch: launch(try options(of: call), call)
      case .abort: abort(try call.message.readString(), call)
      case .eventsSince:
        call.reply([eventsSince(try call.message.read().asUInt64 ?? 0, call.permission)])
      case .describe: describe(to: call)
      case .createNotificationChannel: try createChannel(try call.message.read(), call)
      case .deleteNotificationChannel: deleteChannel(try call.message.readString(), call)
      case .buildOngoingConferenceNotification: try build(try call.message.read(), call)
      case .offerCall:
        offerCall(try call.message.readString(), try call.message.read().asEntries ?? [], call)
      case .addAccount: try addAccount(try call.message.read().asEntries ?? [], call)
      case nil: throw BusError("org.freedesktop.DBus.Error.UnknownMethod", "no method \(call.message.member)")
      }
    } catch { call.fail(error.ofThisAPI) }
  }

  func property(_ name: String) -> BusValue? {
    var info = ManagerInfo()
    info.version = DaemonName.version
    // To look at them starts another reading.
    if name == Self.engines { info.engines = engines }
    info.notificationSurface = notifications.surface
    info.notificationChannels = notifications.channels.all
    info.sequence = service.history.sequence
    return info.value(of: name)
  }

  private static let engines = ManagerInfo.name(\.engines)

  private func options(of call: MethodCall) throws(BusError) -> BusValue {
    do throws(BusError) { return try call.message.read() } catch  where error.name == BusError.invalidArguments {
      throw BusError(BusErrorName.invalidOption, "option \(DisplayText(error.message))")
    }
  }

  private func launch(_ dictionary: BusValue, _ call: MethodCall) {
    let options = dictionary.asEntries ?? []
    let caller = call.message.sender
    let isGiven = options.contains { $0.0 == LaunchOption.notification }
    EventLoopActor.task { [self] in
      // The caller need not wait for the answer about what it has built; files are looked at in the order of asking.
      if building[caller] != nil { _ = await FileFacts.asked { _ = $0.isDirectory("/") } }
      let notification = isGiven ? nil : built.take(of: caller)
      do throws(CallRefusal) {
        let session = try await service.launch(
          LaunchOptions(
            options, built: notification, channels: notifications.channels, phrases: notifications.phrases,
            permission: call.permission))
        call.reply([.objectPath(BusName.sessionPath(session.id.description))])
      } catch {
        if let notification { built.putBack(notification, for: caller, of: call.permission.owner) }
        call.fail(BusError(error))
      }
    }
  }

  private func createChannel(_ dictionary: BusValue, _ call: MethodCall) throws(BusError) {
    let channel: NotificationChannel
    do throws(OptionProblem) { channel = try NotificationChannel(dictionary.asEntries ?? []) } catch {
      throw BusError(CallRefusal(error))
    }
    EventLoopActor.task { [notifications] in
      do throws(BusError) {
        try await notifications.create(channel)
        call.reply()
      } catch { call.fail(error) }
    }
  }

  private func deleteChannel(_ id: String, _ call: MethodCall) {
    EventLoopActor.task { [notifications] in
      do throws(BusError) {
        try await notifications.deleteChannel(id)
        call.reply()
      } catch { call.fail(error) }
    }
  }

  private func build(_ dictionary: BusValue, _ call: MethodCall) throws(BusError) {
    let options = dictionary.asEntries ?? []
    let caller = call.message.sender
    let check = { [notifications] (files: FileFacts) throws(CallRefusal) in
      try CustomNotification(
        options: options, channels: notifications.channels, phrases: notifications.phrases, files: files)
    }
    // First of all: whether a file is there is told to nobody who may not name one.
    do throws(CallRefusal) { try call.permission.check(notification: options) } catch { throw BusError(error) }
    building[caller, default: 0] += 1
    EventLoopActor.task { [self] in
      let files = await FileFacts.asked { _ = try check($0) }
      building[caller] = building[caller].flatMap { $0 > 1 ? $0 - 1 : nil }
      do throws(BusError) {
        let notification: CustomNotification
        do throws(CallRefusal) { notification = try check(files) } catch { throw BusError(error) }
        try built.keep(notification, for: caller, of: call.permission.owner)
        call.reply()
      } catch { call.fail(error) }
    }
  }

  private func addAccount(_ settings: [(String, BusValue)], _ call: MethodCall) throws(BusError) {
    let account: Account
    do throws(OptionProblem) { account = try Account(settings) } catch { throw BusError(CallRefusal(error)) }
    EventLoopActor.task { [service] in
      do throws(BusError) {
        let id = try await service.accounts.add(account)
        // Its state is then what it stays.
        await service.accountPasswords?.settle()
        call.reply([.objectPath(BusName.accountPath(service.accounts.shownNumber(of: id.description)))])
      } catch { call.fail(error) }
    }
  }

  /// An application in a sandbox hears what the user says, and does not get the call.
  private func offerCall(_ uri: String, _ options: [(String, BusValue)], _ call: MethodCall) {
    EventLoopActor.task { [self] in
      do throws(CallRefusal) {
        let offer = try await service.offer(uri, options, from: call.caller)
        try notifications.ask(
          offer, launch: { [service] offer throws(CallRefusal) in try await service.launch(offer) }
        ) { answer in
          var path = "/"
          if case .failed(let refusal) = answer {
            return call.fail(BusError(offer.sandbox == nil ? refusal : .notSupported("the call cannot be placed")))
          }
          if case .called(let session) = answer, offer.sandbox == nil {
            path = BusName.sessionPath(session.id.description)
          }
          call.reply([.objectPath(path), .string(answer.word)])
        }
      } catch { call.fail(BusError(error)) }
    }
  }

  private func abort(_ id: String, _ call: MethodCall) {
    do throws(CallRefusal) {
      let session = try service.session(id, for: call.permission)
      session.handle(.abort)
      session.answerWhenEnded(call)
    } catch { call.fail(BusError(error)) }
  }

  private func eventsSince(_ sequence: UInt64, _ permission: Permission) -> BusValue {
    let forgotten = service.history.forgotten
    let events = service.history.since(sequence).filter { permission.sees(sessionOf: $0.sandbox) }
      .map { permission.owner == nil ? $0 : $0.shownToSandbox }
    var elements = events.map { event in
      BusValue.structure([
        .uint64(event.sequence), .uint64(event.time), .string(event.session),
        .objectPath(BusName.sessionPath(event.session)), .string(event.name), event.details.busValue,
      ])
    }
    if sequence < forgotten {
      elements.insert(
        .structure([
          .uint64(forgotten), .uint64(0), .string(""), .objectPath("/"), .string(BusName.eventsForgotten),
          .dictionary([:]),
        ]), at: 0)
    }
    return .array(elements, of: "(ttsosa{sv})")
  }

  /// As they were last read, which starts another reading.
  private var engines: [String] {
    service.installed.refresh()
    return service.installed.list.all.map(\.name)
  }

  private func describe(to call: MethodCall) {
    EventLoopActor.task { [self] in
      let engines = await service.installed.current()
      call.reply([.string(describe(call.permission, engines.all))])
    }
  }

  private func describe(_ permission: Permission, _ engines: [EngineDescriptor]) -> String {
    let records = service.sessions.values.map(\.record).filter { permission.sees(sessionOf: $0.spec.sandbox) }
    let sessions = records.map { $0.shown(to: permission, service.accounts) }
    let description = Description(
      version: DaemonName.version, engines: engines, sequence: service.history.sequence,
      sessions: sessions.sorted { $0.launchedAt < $1.launchedAt })
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return (try? encoder.encode(description)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
  }

  private struct Description: Encodable {
    var version: String
    var engines: [EngineDescriptor]
    var sequence: UInt64
    var sessions: [SessionRecord]
  }
}

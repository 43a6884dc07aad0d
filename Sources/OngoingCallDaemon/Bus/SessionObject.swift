// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import CallNotification
import EngineChannel
import Glibc
import Systemd

/// org.ongoingcall.Calls1.Session: decodes, asks the session, encodes.
@EventLoopActor
final class SessionObject: FolderObject {
  private let session: Session
  // There as long as any session is.
  private unowned let notifications: NotificationController
  private let returner: CallReturner
  private let accounts: AccountStore

  init(
    _ session: Session, _ notifications: NotificationController, _ returner: CallReturner, _ accounts: AccountStore
  ) {
    (self.session, self.notifications, self.returner, self.accounts) = (session, notifications, returner, accounts)
  }

  func isVisible(to caller: Caller) -> Bool {
    Permission(caller: caller).sees(sessionOf: session.spec.sandbox)
  }

  func handle(_ call: MethodCall) {
    do throws(BusError) {
      let method = SessionMethod(rawValue: call.message.member)
      do throws(CallRefusal) { try call.permission.check(method) } catch { throw BusError(error) }
      switch method {
      case .abort: end(.abort, call)
      case .hangUp: end(.hangUp, call)
      case .return: bringBack(try call.message.read().asEntries ?? [], call)
      case .setMuted:
        try wish(.mute(try call.message.read().asBool ?? false), .mute, call)
      case .setOnHold:
        try wish(.hold(try call.message.read().asBool ?? false), .hold, call)
      case .sendDtmf: try sendDtmf(try call.message.readString(), call)
      case .transfer: try transfer(to: try call.message.readString(), call)
      case .transferTo: try transfer(toCallAt: try call.message.read().asObjectPath ?? "", call)
      case .answerTransfer:
        let accept = try call.message.read().asBool ?? false
        answerTransfer(accept, to: try call.message.read().asString ?? "", call)
      case .setAudio: try setAudio(try call.message.read(), call)
      case .startRecording: try startRecording(try call.message.readString(), call)
      case .stopRecording: try stopRecording(call)
      case .setNotification: try setNotification(try call.message.read(), call)
      case .setName: try setName(try call.message.readString(), call)
      case .attachTerminal: try attachTerminal(call)
      case .sendKeys: try sendKeys(try call.message.readString(), call)
      case nil: throw BusError("org.freedesktop.DBus.Error.UnknownMethod", "no method \(call.message.member)")
      }
    } catch { call.fail(error.ofThisAPI) }
  }

  private func end(_ input: SessionLife.Input, _ call: MethodCall) {
    session.handle(input)
    session.answerWhenEnded(call)
  }

  private func bringBack(_ platformData: [(String, BusValue)], _ call: MethodCall) {
    EventLoopActor.task { [session, returner] in
      do throws(CallRefusal) {
        let token = try ActivationToken(platformData: platformData)
        call.reply([.string(try await returner.bringBack(to: session, token).rawValue)])
      } catch { call.fail(BusError(error)) }
    }
  }

  private func wish(
    _ input: SessionLife.Input, _ capability: EngineDescriptor.Capability, _ call: MethodCall
  ) throws(BusError) {
    do throws(CallRefusal) { try session.wish(input, needs: capability) } catch { throw BusError(error) }
    call.reply()
  }

  private func setNotification(_ dictionary: BusValue, _ call: MethodCall) throws(BusError) {
    let options = dictionary.asEntries ?? []
    let check = { [notifications] (files: FileFacts) throws(CallRefusal) in
      try CustomNotification(
        options: options, channels: notifications.channels, phrases: notifications.phrases, files: files)
    }
    // First of all, as in BuildOngoingConferenceNotification.
    do throws(CallRefusal) { try call.permission.check(notification: options) } catch { throw BusError(error) }
    EventLoopActor.task { [session] in
      let files = await FileFacts.asked { _ = try check($0) }
      do throws(CallRefusal) {
        try session.set(notification: check(files))
        call.reply()
      } catch { call.fail(BusError(error)) }
    }
  }

  private func setName(_ name: String, _ call: MethodCall) throws(BusError) {
    do throws(CallRefusal) { try session.set(name: name, for: call.permission.owner) } catch { throw BusError(error) }
    call.reply()
  }

  private func sendDtmf(_ digits: String, _ call: MethodCall) throws(BusError) {
    let isValid = digits.unicodeScalars.allSatisfy { "0123456789ABCD*#".unicodeScalars.contains($0) }
    guard isValid, (1...Limit.dtmfDigits).contains(digits.utf8.count) else {
      throw BusError(.invalidOption("digits", "they must be 1 to \(Limit.dtmfDigits) of 0-9, A-D, * and #"))
    }
    guard session.life.hasJoined || session.life.state == .ended else {
      throw BusError(.notSupported("the call is not joined yet; send digits once it is"))
    }
    do throws(CallRefusal) { try session.request(.sendDtmf(digits), answer(to: call)) } catch { throw BusError(error) }
  }

  private func transfer(to target: String, _ call: MethodCall) throws(BusError) {
    do throws(CallRefusal) { try session.transfer(to: target, answer(to: call)) } catch { throw BusError(error) }
  }

  private func transfer(toCallAt path: String, _ call: MethodCall) throws(BusError) {
    do throws(CallRefusal) {
      guard path.hasPrefix(BusName.sessionPathPrefix) else {
        throw .invalidOption("session", "it must be the object path of a call")
      }
      let id = String(path.dropFirst(BusName.sessionPathPrefix.count))
      try session.transfer(to: session.host.session(id, for: call.permission), answer(to: call))
    } catch { throw BusError(error) }
  }

  private func answerTransfer(_ accept: Bool, to address: String, _ call: MethodCall) {
    EventLoopActor.task { [session] in
      do throws(CallRefusal) {
        let launched = try await session.answerTransfer(accept, to: address)
        call.reply([.objectPath(launched.map { BusName.sessionPath($0.id.description) } ?? "/")])
      } catch { call.fail(BusError(error)) }
    }
  }

  private func setAudio(_ devices: BusValue, _ call: MethodCall) throws(BusError) {
    do throws(CallRefusal) { try session.setAudio(devices.asEntries ?? []) } catch { throw BusError(error) }
    call.reply()
  }

  private func startRecording(_ file: String, _ call: MethodCall) throws(BusError) {
    do throws(CallRefusal) { try session.startRecording(file, answer(to: call)) } catch { throw BusError(error) }
  }

  private func stopRecording(_ call: MethodCall) throws(BusError) {
    do throws(CallRefusal) { try session.stopRecording(answer(to: call)) } catch { throw BusError(error) }
  }

  private func answer(to call: MethodCall) -> RecordingWaiters.Answer {
    { problem in if let problem { call.fail(BusError(problem)) } else { call.reply() } }
  }

  private func attachTerminal(_ call: MethodCall) throws(BusError) {
    do throws(CallRefusal) {
      let viewer = try session.attachTerminal()
      // The answer has a descriptor of its own.
      call.reply([.descriptor(BusDescriptor(borrowing: viewer))])
      close(viewer)
    } catch { throw BusError(error) }
  }

  private func sendKeys(_ text: String, _ call: MethodCall) throws(BusError) {
    do throws(CallRefusal) { try session.sendKeys(text, answer(to: call)) } catch { throw BusError(error) }
  }

  func property(_ name: String) -> BusValue? { property(name, for: nil) }

  func property(_ name: String, for viewer: Caller?) -> BusValue? {
    var info = session.record.info(for: viewer, accounts)
    info.duration = session.record.duration(now: SystemClock.boottime.now)
    info.survivesLogout = session.survivesLogout
    info.media = session.media
    if let told = session.program { info.program?.take(told) }
    // It costs more than all the others together.
    if name == Self.notification { info.notification = notification }
    return info.value(of: name)
  }

  private static let notification = SessionInfo.name(\.notification)

  private var notification: NotificationStatus {
    let (place, server, isHeldBack) = notifications.place(of: session.id)
    return NotificationStatus(place, server: DisplayText(String(server.prefix(64))).description, isHeldBack: isHeldBack)
  }
}

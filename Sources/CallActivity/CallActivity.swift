// SPDX-License-Identifier: Apache-2.0
import OngoingCall

/// An application in a call: CometChat's example for Android, told again for Linux.
///
/// It joins on its first run, and is back in its call on the next one; the call does not notice. It prints a line for
/// each callback.
actor CallActivity: SessionStatusListener {
  private let address: String
  private let memory: Memory
  private let context: CallContext
  private let played: String?
  private let finished = AsyncStream.makeStream(of: Void.self)

  init(
    calling address: String, playing played: String?, remembering memory: sending Memory, returningBy command: [String]
  ) {
    (self.address, self.played, self.memory) = (address, played, memory)
    context = CallContext(
      applicationID: "org.ongoingcall.CallActivity", title: "My Call", returnTarget: .command(command))
  }

  /// Returns when the call has ended.
  func run() async throws(CallsError) {
    CallSession.shared.addSessionStatusListener(self)
    if let session = try await CallSession.attach(token: memory.token, after: memory.sequence) {
      say("attached: \(session.state)")
    } else {
      try await joinCall()
    }
    for await _ in finished.stream {}
  }

  private func joinCall() async throws(CallsError) {
    var settings = SessionSettings(title: "My Call", token: memory.token)
    settings.engineSettings["play-file"] = played
    try await CallSession.join(address, settings: settings, context: context)
    say("joining")
  }

  // MARK: SessionStatusListener

  func onSessionJoined() async {
    say("onSessionJoined")
    OngoingNotification.buildOngoingConferenceNotification(customNotification)
    await attempt("launch") { () async throws(CallsError) in try await OngoingCallService.launch(context) }
  }

  func onSessionLeft(_ end: CallSession.End) async {
    say("onSessionLeft \(end.reason)")
    await attempt("abort") { () async throws(CallsError) in try await OngoingCallService.abort(context) }
  }

  func onSessionTimedOut(_ end: CallSession.End) async { say("onSessionTimedOut \(end.reason)") }

  func onConnectionLost(_ why: CallSession.Interruption) async { say("onConnectionLost \(why)") }

  func onConnectionRestored() async { say("onConnectionRestored") }

  func onConnectionClosed(_ end: CallSession.End) async {
    say("onConnectionClosed \(end.reason)")
    await attempt("abort") { () async throws(CallsError) in try await OngoingCallService.abort(context) }
  }

  func onLaunchFailed(_ end: CallSession.End) async { say("onLaunchFailed \(end.reason) \(end.detail)") }

  func onReturnRequested(_ activationToken: String?) async { say("onReturnRequested") }

  func onNotificationAction(_ key: String) async { say("onNotificationAction \(key)") }

  /// Comes after the event's own callback: what is remembered has been heard.
  func onEvent(_ event: CallSession.Event) async {
    memory.remember(event.sequence)
    guard event.end != nil else { return }
    memory.forget()
    finished.continuation.finish()
  }

  // MARK: The rest

  private var customNotification: OngoingNotification {
    var notification = OngoingNotification(
      title: "Ongoing Call", text: "Tap to return to your call", icon: "call-start")
    notification.priority = .high
    notification.visibility = .public
    notification.channel = OngoingNotification.Channel.defaultID
    notification.actions = [.init(key: "raise-hand", label: "Raise hand")]
    return notification
  }

  private func attempt(_ what: String, _ body: () async throws(CallsError) -> Void) async {
    do { try await body() } catch { say("\(what): \(error)") }
  }
}

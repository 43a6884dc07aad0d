// SPDX-License-Identifier: Apache-2.0
//
// Does with the library what the tests tell it to: a line of standard input is a call of the library, and is answered by
// a line of standard output; callbacks are lines as well. Never installed.
import Glibc
import OngoingCall

final class Printer: SessionStatusListener {
  func onSessionJoined() async { say("onSessionJoined") }
  func onSessionLeft(_ end: CallSession.End) async { say("onSessionLeft \(end.reason)") }
  func onConnectionLost(_ why: CallSession.Interruption) async { say("onConnectionLost \(why)") }
  func onConnectionRestored() async { say("onConnectionRestored") }
  func onConnectionClosed(_ end: CallSession.End) async { say("onConnectionClosed \(end.reason)") }
  func onLaunchFailed(_ end: CallSession.End) async { say("onLaunchFailed \(end.reason)") }
  func onReturnRequested(_ activationToken: String?) async { say("onReturnRequested") }
  func onEvent(_ event: CallSession.Event) async {
    if case .mutedChanged(let muted) = event.kind { say("muted \(muted)") }
    if case .onHoldChanged(let onHold) = event.kind { say("on hold \(onHold)") }
    if case .eventsForgotten = event.kind { say("forgotten") }
  }
}

func obey(_ words: [String]) async throws(CallsError) -> String {
  let session = CallSession.shared
  let context = CallContext(applicationID: "org.ongoingcall.AppDriver", title: "Driven", mode: .host)
  switch words.first {
  case "join":
    var settings = SessionSettings(title: "Driven", token: words[1])
    settings.engineSettings["play-file"] = words[3]
    try await CallSession.join(words[2], settings: settings, context: context)
  case "attach": return try await CallSession.attach(token: words[1]).map { "\($0.state)" } ?? "nothing"
  case "build": OngoingNotification.buildOngoingConferenceNotification(.init(title: words[1]))
  case "channel": try await OngoingNotification.createNotificationChannel(.init(id: words[1], name: words[1]))
  case "launch": try await OngoingCallService.launch(context)
  case "abort": try await OngoingCallService.abort(context)
  case "mute": try await session.muteAudio()
  case "unmute": try await session.unMuteAudio()
  case "hold": try await session.hold()
  case "resume": try await session.resume()
  case "dtmf": try await session.sendDTMF(words[1])
  case "keys": try await session.sendKeys(words[1])
  case "leave": try await session.leaveSession()
  default: return "what?"
  }
  return "done"
}

func say(_ line: String) {
  let line = line + "\n"
  _ = write(STDOUT_FILENO, line, line.utf8.count)
}

let printer = Printer()
while let line = readLine() {
  CallSession.shared.addSessionStatusListener(printer)
  do throws(CallsError) {
    say("= \(try await obey(line.split(separator: " ").map(String.init)))")
  } catch {
    say("= error: \(error)")
  }
}

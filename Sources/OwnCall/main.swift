// SPDX-License-Identifier: Apache-2.0
import Glibc
import OngoingCall

/// An application that is its own call: it has its own media, as a browser or a room's client has, and ongoingcalld
/// keeps its process. Here the media are silence.
actor OwnCall: SessionStatusListener {
  private let context = CallContext(applicationID: "org.ongoingcall.OwnCall", title: "Own Call", mode: .adopt)
  private let finished = AsyncStream.makeStream(of: Void.self)

  func run() async throws(CallsError) {
    CallSession.shared.addSessionStatusListener(self)
    try await OngoingCallService.launch(context)
    for await _ in finished.stream {}
  }

  func onSessionJoined() async { say("onSessionJoined") }

  func onHangUpRequested(grace: Duration) async {
    say("onHangUpRequested \(grace)")
    // Here it leaves its call; then it is released, or simply ends.
    do throws(CallsError) { try await OngoingCallService.abort(context) } catch { say("abort: \(error)") }
  }

  func onSessionLeft(_ end: CallSession.End) async {
    say("onSessionLeft \(end.reason)")
    finished.continuation.finish()
  }
}

/// A line at once, also where the output is no terminal.
func say(_ line: String) {
  let line = line + "\n"
  _ = write(STDOUT_FILENO, line, line.utf8.count)
}

do throws(CallsError) {
  try await OwnCall().run()
} catch {
  say("\(error)" + (error.remedy.map { "; \($0)" } ?? ""))
  exit(1)
}

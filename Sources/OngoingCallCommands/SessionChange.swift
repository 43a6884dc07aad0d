// SPDX-License-Identifier: Apache-2.0
import CallLife
import OngoingCall
import OngoingCallNames

extension CallsClient {
  /// How long an engine may take to do what the daemon has told it to.
  private static let engineTime: Duration = .seconds(10)

  /// Asks for a change and answers when the engine has made it: nobody shall believe to be muted who is not.
  func change(
    _ id: String, _ problem: String, until isDone: (SessionInfo) -> Bool,
    request: () throws(CallsError) -> Void
  ) throws -> Answer {
    try watch()
    try tell(id, request)
    guard let info = try wait(for: id, within: Self.engineTime, until: isDone) else {
      throw CommandFailure(
        .timedOut, "timed-out", "the call \(id) \(problem): its engine has not done it within 10 s",
        remedy: "look at: ongoingcallctl status \(id)")
    }
    guard isDone(info) else {
      throw CommandFailure(
        .failure, BusErrorName.sessionEnded, "the call \(id) has ended: \(info.shownEnd)")
    }
    return Answer("\(id) \(info.shownState)", session: info)
  }
}

// SPDX-License-Identifier: Apache-2.0
import CallModel
import OngoingCall

extension CallsClient {
  /// How long an engine may take to do what the daemon has told it to.
  private static let engineTime: Duration = .seconds(10)

  /// Asks for a change and answers when the engine has made it: nobody shall believe to be muted who is not.
  ///
  /// - Parameter refusal: the event that says, with a detail, that it is not made.
  func change(
    _ id: String, _ problem: String, until isDone: (SessionInfo) -> Bool, unless refusal: EventName? = nil,
    request: () throws(CallsError) -> Void
  ) throws -> Answer {
    try watch()
    let before = try refusal.map { _ throws(CallsError) in try manager().sequence }
    try tell(id, request)
    var refused: SessionHappening?
    // Asked for, as the state is: a signal may have been missed.
    func isOver(_ info: SessionInfo) throws(CallsError) -> Bool {
      guard !isDone(info), let refusal, let before else { return isDone(info) }
      refused = try look(at: .events(since: before)).first { $0.session == id && $0.name == refusal.rawValue }
      return refused != nil
    }
    guard let info = try wait(for: id, within: Self.engineTime, until: isOver) else {
      throw CommandFailure(
        .timedOut, "timed-out", "the call \(id) \(problem): its engine did not respond within 10 s",
        remedy: "see its state: ongoingcallctl status \(id)")
    }
    if let refused, let refusal {
      let why = refused.known.detail ?? "the far end refused"
      throw CommandFailure(.failure, refusal.rawValue, "the call \(id) \(problem): \(why)")
    }
    guard isDone(info) else {
      throw CommandFailure(
        .failure, BusErrorName.sessionEnded, "the call \(id) has ended: \(info.shownEnd)")
    }
    return Answer("\(id) \(info.shownState)", session: info)
  }
}

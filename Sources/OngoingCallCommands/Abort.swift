// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallLife
import OngoingCall

struct Abort: CallCommand {
  static let configuration = CommandConfiguration(
    abstract: "Stop keeping a call, which ends it.",
    discussion: """
      Returns when nothing of the call runs any more. Aborting a call that has ended is no error. A process that was \
      adopted is let go, and goes on.
      """)

  @OptionGroup var session: SessionArgument
  @OptionGroup var common: CommonOptions

  func perform(with client: CallsClient) throws -> Answer {
    try end(session, with: client) { id throws(CallsError) in try client.abort(id) }
  }
}

extension CallCommand {
  /// Tells a call to end, and what became of it.
  func end(
    _ session: SessionArgument, with client: CallsClient, _ tell: (String) throws(CallsError) -> Void
  ) throws -> Answer {
    let id = try client.choose(session.id)
    try client.tell(id) { () throws(CallsError) in try tell(id) }
    let info = client.afterwards(id, state: .ended)
    let lasted = info.hasJoined ? " after \(info.shownDuration)" : ""
    return Answer("\(info.id) \(info.shownState)\(lasted)", session: info)
  }
}

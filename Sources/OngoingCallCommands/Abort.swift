// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallSession
import OngoingCall

struct Abort: CallCommand {
  static let configuration = CommandConfiguration(
    abstract: "Stop keeping a call, which ends it.",
    discussion: "Returns when nothing of the call runs any more. Aborting a call that has ended is no error.")

  @OptionGroup var session: SessionArgument
  @OptionGroup var common: CommonOptions

  func perform(with client: CallsClient) throws -> Answer {
    let id = try client.choose(session.id)
    try client.tell(id) { () throws(CallsError) in try client.abort(id) }
    return .ended(client.afterwards(id, state: .ended))
  }
}

extension Answer {
  /// For a call that was told to end.
  static func ended(_ info: SessionInfo) -> Answer {
    let lasted = info.hasJoined ? " after \(info.shownDuration)" : ""
    return Answer("\(info.id) \(info.shownState)\(lasted)", session: info)
  }
}

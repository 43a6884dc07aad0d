// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import OngoingCall

struct Abort: CallCommand {
  static let configuration = CommandConfiguration(
    abstract: "Stop keeping a call, which ends it.",
    discussion: """
      Returns when nothing of the call runs any more. Aborting a call that has ended is no error. A process that was \
      adopted is let go, and goes on.
      """)

  @OptionGroup var sessions: EndedSessions
  @OptionGroup var common: CommonOptions

  func perform(with client: CallsClient) throws -> Answer {
    try end(sessions, with: client) { id throws(CallsError) in try client.ask(.abort(id)) }
  }
}

// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import OngoingCall

struct Abort: CallCommand {
  static let configuration = CommandConfiguration(
    abstract: "End a call, or release an adopted process.",
    discussion: """
      Waits until the call has ended and none of its processes is left, except an engine that is still telling the far \
      end, for less than a minute. An adopted process is released and keeps running. Aborting a call that has ended is \
      not an error.
      """)

  @OptionGroup var sessions: EndedSessions
  @OptionGroup var common: CommonOptions

  func perform(with client: CallsClient) throws -> Answer {
    try end(sessions, with: client) { id throws(CallsError) in try client.ask(.abort(id)) }
  }
}

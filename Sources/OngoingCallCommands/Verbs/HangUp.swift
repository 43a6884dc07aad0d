// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import OngoingCall

struct HangUp: CallCommand {
  static let configuration = CommandConfiguration(
    commandName: "hangup",
    abstract: "Hang up: end a call as its user.",
    discussion: """
      As abort, but the call's reason is “hung-up”. A process that was adopted is asked to end, and is ended where it \
      does not in time.
      """)

  @OptionGroup var sessions: EndedSessions
  @OptionGroup var common: CommonOptions

  func perform(with client: CallsClient) throws -> Answer {
    try end(sessions, with: client) { id throws(CallsError) in try client.ask(.hangUp(id)) }
  }
}

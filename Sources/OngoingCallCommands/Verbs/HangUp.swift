// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import OngoingCall

struct HangUp: CallCommand {
  static let configuration = CommandConfiguration(
    commandName: "hangup",
    abstract: "Hang up a call.",
    discussion: """
      Like abort, but the call's end reason is “hung-up”. An adopted process is not released: it is asked to exit, and \
      stopped if it does not exit in time.
      """)

  @OptionGroup var sessions: EndedSessions
  @OptionGroup var common: CommonOptions

  func perform(with client: CallsClient) throws -> Answer {
    try end(sessions, with: client) { id throws(CallsError) in try client.ask(.hangUp(id)) }
  }
}

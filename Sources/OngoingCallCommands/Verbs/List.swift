// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallModel
import OngoingCall

struct List: LookingCommand {
  static let configuration = CommandConfiguration(
    abstract: "List calls, one per line.",
    discussion: "list does not start ongoingcalld: where it does not run, there is no call.")

  @Flag(name: [.customShort("a"), .long], help: "Also list calls that ended within the last minute.")
  var all = false
  @OptionGroup var common: CommonOptions

  func perform(with client: CallsClient) throws -> Answer {
    let known = try client.unlessAway { try client.sessions() } ?? []
    let sessions = known.filter { all || !$0.hasEnded }
    if sessions.isEmpty { try common.hintWithoutCalls() }
    return Answer(
      sessions.isEmpty ? "no calls" : SessionInfo.table(sessions, common.style, columns: Screen.columns),
      json: ["sessions": .array(sessions.map(\.json))])
  }
}

extension CommonOptions {
  /// What one may do where there is no call.
  func hintWithoutCalls() throws {
    try hint("to launch one: ongoingcallctl launch sip:…; to list ended calls: ongoingcallctl history")
  }
}

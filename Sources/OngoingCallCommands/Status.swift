// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import OngoingCall

struct Status: CallCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show a call at a glance, or all that have not ended.",
    discussion: "A call that has ended can be shown for another minute, by its id.")

  @Argument(help: "The call's id, or the beginning of it (default: all that have not ended).")
  var id: String?
  @OptionGroup var common: CommonOptions

  func perform(with client: CallsClient) throws -> Answer {
    if let id {
      let info = try client.existing(try client.choose(id))
      return Answer(info.block, session: info)
    }
    let live = try client.sessions().filter { !$0.hasEnded }
    return Answer(
      live.isEmpty ? "no calls" : live.map(\.block).joined(separator: "\n\n"),
      json: ["sessions": .array(live.map(\.json))])
  }
}

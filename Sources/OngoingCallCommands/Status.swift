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
      let info = try client.existing(try choose(id, with: client))
      return Answer(info.block(common.style), session: info)
    }
    let live = try client.sessions().filter { !$0.hasEnded }
    if live.isEmpty { try common.hintWithoutCalls() }
    return Answer(
      live.isEmpty ? "no calls" : live.map { $0.block(common.style) }.joined(separator: "\n\n"),
      json: ["sessions": .array(live.map(\.json))])
  }
}

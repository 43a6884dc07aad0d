// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallModel
import OngoingCall

struct Resume: CallCommand {
  static let configuration = CommandConfiguration(
    abstract: "Resume a call that is on hold.",
    discussion: "Waits until the far end is off hold; fails at once if the far end refuses.")

  @OptionGroup var session: SessionArgument
  @OptionGroup var common: CommonOptions

  func perform(with client: CallsClient) throws -> Answer {
    let id = try choose(session.id, with: client)
    return try client.change(id, "is still on hold", until: { !$0.onHold }, unless: .holdRefused) {
      () throws(CallsError) in
      try client.ask(.setOnHold(false, id))
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallModel
import OngoingCall

struct Unmute: CallCommand {
  static let configuration = CommandConfiguration(
    abstract: "Unmute a call's microphone.", discussion: "Waits until the microphone is on.")

  @OptionGroup var session: SessionArgument
  @OptionGroup var common: CommonOptions

  func perform(with client: CallsClient) throws -> Answer {
    let id = try choose(session.id, with: client)
    return try client.change(id, "is still muted", until: { !$0.muted }) { () throws(CallsError) in
      try client.ask(.setMuted(false, id))
    }
  }
}

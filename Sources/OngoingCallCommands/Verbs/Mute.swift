// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallModel
import OngoingCall

struct Mute: CallCommand {
  static let configuration = CommandConfiguration(
    abstract: "Mute a call's microphone.", discussion: "Waits until the microphone is muted.")

  @OptionGroup var session: SessionArgument
  @OptionGroup var common: CommonOptions

  func perform(with client: CallsClient) throws -> Answer {
    let id = try choose(session.id, with: client)
    return try client.change(id, "is not muted yet", until: \.muted) { () throws(CallsError) in
      try client.ask(.setMuted(true, id))
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallModel
import OngoingCall

struct Hold: CallCommand {
  static let configuration = CommandConfiguration(
    abstract: "Put a call on hold.",
    discussion: "Waits until the far end is on hold; fails at once if the far end refuses.")

  @OptionGroup var session: SessionArgument
  @OptionGroup var common: CommonOptions

  func perform(with client: CallsClient) throws -> Answer {
    let id = try choose(session.id, with: client)
    // The daemon would keep it in mind until somebody answers.
    guard try client.existing(id).state != SessionState.launching.rawValue else {
      throw CommandFailure(.failure, BusErrorName.notSupported, "the call \(id) is not joined yet; hold it once it is")
    }
    return try client.change(id, "is not on hold", until: \.onHold, unless: .holdRefused) {
      () throws(CallsError) in
      try client.ask(.setOnHold(true, id))
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallLife
import OngoingCall
import OngoingCallNames

struct Hold: CallCommand {
  static let configuration = CommandConfiguration(
    abstract: "Put a call on hold.",
    discussion: "Waits until the far end is on hold; fails at once if the far end refuses.")

  @OptionGroup var session: SessionArgument
  @OptionGroup var common: CommonOptions

  func perform(with client: CallsClient) throws -> Answer {
    let id = try choose(session.id, with: client)
    // The daemon would keep it in mind until somebody answers.
    guard try client.existing(id).state != SessionLife.State.launching.rawValue else {
      throw CommandFailure(.failure, BusErrorName.notSupported, "the call \(id) is not joined yet; hold it once it is")
    }
    return try client.change(id, "is not on hold", until: \.onHold, unless: .holdRefused(detail: "")) {
      () throws(CallsError) in
      try client.setOnHold(true, id)
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import OngoingCall

struct Hold: CallCommand {
  static let configuration = CommandConfiguration(
    abstract: "Put a call's far end on hold.", discussion: "Returns when it is.")

  @OptionGroup var session: SessionArgument
  @OptionGroup var common: CommonOptions

  func perform(with client: CallsClient) throws -> Answer {
    let id = try choose(session.id, with: client)
    return try client.change(id, "is not on hold yet", until: \.onHold) { () throws(CallsError) in
      try client.setOnHold(true, id)
    }
  }
}

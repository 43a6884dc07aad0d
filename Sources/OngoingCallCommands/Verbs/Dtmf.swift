// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallModel
import OngoingCall

struct Dtmf: CallCommand {
  static let configuration = CommandConfiguration(
    abstract: "Send digits, as a telephone's keys do.", discussion: "0 to 9, A to D, * and #; at most 64.")

  @Argument(help: "The digits.")
  var digits: String
  @Option(
    help: "The call's id, or the beginning of it; not needed where there is only one call.",
    completion: SessionCompletion.live)
  var session: String?
  @OptionGroup var common: CommonOptions

  mutating func validate() throws {
    let keys = digits.uppercased()
    guard !keys.isEmpty, keys.utf8.count <= 64, keys.allSatisfy("0123456789ABCD*#".contains) else {
      throw ValidationError("“\(shown(digits, limit: 80))” is not 1 to 64 digits; they are 0-9, A-D, * and #")
    }
    digits = keys
  }

  func perform(with client: CallsClient) throws -> Answer {
    let id = try choose(session, with: client)
    try client.tell(id) { () throws(CallsError) in try client.ask(.sendDtmf(digits, id)) }
    return Answer("\(id) sent \(digits)", session: client.afterwards(id, state: .joined))
  }
}

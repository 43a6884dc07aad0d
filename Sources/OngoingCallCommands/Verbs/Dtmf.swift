// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallModel
import OngoingCall

struct Dtmf: CallCommand {
  static let configuration = CommandConfiguration(
    abstract: "Send DTMF digits.", discussion: "At most 64 of 0-9, A-D, * and #.")

  @Argument(help: "The digits to send.")
  var digits: String
  @Option(
    help: "The call's ID, a unique beginning of it, or its name (default: the only call).",
    completion: SessionCompletion.live)
  var session: String?
  @OptionGroup var common: CommonOptions

  mutating func validate() throws {
    let keys = digits.uppercased()
    guard !keys.isEmpty, keys.utf8.count <= 64, keys.allSatisfy("0123456789ABCD*#".contains) else {
      throw ValidationError("“\(shown(digits, limit: 80))” is not 1 to 64 of 0-9, A-D, * and #")
    }
    digits = keys
  }

  func perform(with client: CallsClient) throws -> Answer {
    let id = try choose(session, by: "--session", with: client)
    do { try client.tell(id) { () throws(CallsError) in try client.ask(.sendDtmf(digits, id)) } } catch {
      guard let error = error as? CallsError, error.isAboutNoAnswer else { throw error }
      var failure = CommandFailure(error)
      failure.message += "; the tones may have been sent or not"
      failure.remedy = "send them again only if the far end did not react to them"
      throw failure
    }
    return Answer("\(id) sent \(digits)", session: client.afterwards(id, state: .joined))
  }
}

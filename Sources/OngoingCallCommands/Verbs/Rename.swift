// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallModel
import OngoingCall

struct Rename: CallCommand {
  static let configuration = CommandConfiguration(
    abstract: "Change or remove a call's name.",
    discussion: "The rules for names are those of launch --name. An empty NAME removes the name.")

  @Argument(
    help: "The call's ID, a unique beginning of it, or its name.", completion: SessionCompletion.live)
  var id: String
  @Argument(help: "The new name.")
  var name: String
  @OptionGroup var common: CommonOptions

  func perform(with client: CallsClient) throws -> Answer {
    let id = try choose(self.id, with: client)
    do {
      try client.tell(id) { () throws(CallsError) in try client.ask(.setName(name, id)) }
    } catch CallsError.refused(name: BusErrorName.invalidOption, message: let message) {
      let told = OptionProblem.renaming(message) { _ in "NAME" }
      throw CommandFailure(.usage, BusErrorName.invalidOption, told)
    }
    let what = name.isEmpty ? "has no name any more" : "is now named \(shown(name))"
    return Answer("\(id) \(what)", session: client.afterwards(id, state: .joined))
  }
}

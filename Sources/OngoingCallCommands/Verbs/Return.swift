// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallModel
import OngoingCall

struct Return: CallCommand {
  static let configuration = CommandConfiguration(
    abstract: "Return to a call: bring back where it is shown, as a tap on its notification does.",
    discussion: """
      This is what the call was launched with (--return-dbus, --return-command), or the terminal of its program; where \
      there is none of these, only clients that listen are told.
      """)

  @OptionGroup var session: SessionArgument
  @OptionGroup var common: CommonOptions

  func perform(with client: CallsClient) throws -> Answer {
    let id = try choose(session.id, with: client)
    // What started this command may have been given one for its window.
    let token = [EnvironmentName.activationToken, EnvironmentName.desktopStartupID].lazy
      .compactMap(CallerEnvironment.value(of:)).first { !$0.isEmpty }
    var way: ReturnWay?
    try client.tell(id) { () throws(CallsError) in way = try client.ask(.bringBack(to: id, activationToken: token)) }
    let info = client.afterwards(id, state: .joined)
    return Answer(
      "\(id) \(Self.text(way))", json: ["session": info.json, "way": .string(way?.rawValue ?? "unknown")])
  }

  private static func text(_ way: ReturnWay?) -> String {
    switch way {
    case .dbus: "returned to: its application was activated"
    case .command: "returned to: its command was started"
    case .terminal: "returned to: a terminal was opened"
    case .event: "has nothing to return to; whoever listens was told"
    case nil: "returned to"
    }
  }
}

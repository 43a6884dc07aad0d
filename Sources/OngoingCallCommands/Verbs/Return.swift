// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallModel
import OngoingCall

struct Return: CallCommand {
  static let configuration = CommandConfiguration(
    abstract: "Return to a call's application, command or terminal.",
    discussion: """
      Does what a click on the call's notification does: activates the application of --return-dbus, runs the command \
      of --return-command, or opens a terminal that is attached to the call's program. For a call to an address, it opens \
      the window of ongoingcall-window(1), if that is installed, else a terminal with the call's events. If what was \
      opened this way is still there, it comes to the front instead. Without any of these, it only sends an event to \
      clients that listen.
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
      Self.text(way, id), json: ["session": info.json, "way": .string(way?.rawValue ?? "unknown")],
      isOfChange: true)
  }

  private static func text(_ way: ReturnWay?, _ id: String) -> String {
    switch way {
    case .dbus: "returned to \(id): activated its application"
    case .command: "returned to \(id): started its command"
    case .terminal: "returned to \(id): opened a terminal"
    case .window: "returned to \(id): opened its window"
    case .event: "\(id) has nothing to return to; sent the event return-requested"
    case nil: "returned to \(id)"
    }
  }
}

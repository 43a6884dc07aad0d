// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallModel
import OngoingCall
import TerminalChannel

struct Detach: CallCommand {
  static let configuration = CommandConfiguration(
    abstract: "Detach all terminals that show a call's program.",
    discussion: """
      The program goes on. Each terminal is as it was before “attach”. Typed in the terminal of a call's program, without \
      ID, it is that call. To detach only the terminal that you type on, press the keys that “attach” names.
      """)

  @OptionGroup var session: SessionArgument
  @OptionGroup var common: CommonOptions

  func perform(with client: CallsClient) throws -> Answer {
    let id = try session.id == nil ? CallAround.session ?? theOne(with: client) : choose(session.id, with: client)
    let count = try client.terminal(of: id).answer(to: .detachOthers) { message -> Int? in
      if case .detached(let count) = message { count } else { nil }
    }
    guard let count else {
      throw CommandFailure(
        .failure, BusErrorName.engineFailed, "the engine of \(id) does not answer, or is of an older version",
        remedy: "press the detach keys in each terminal, or close it")
    }
    let info = client.afterwards(id, state: .joined)
    let what = count == 1 ? "1 terminal" : "\(count) terminals"
    let text = count == 0 ? "no terminal shows \(info.handle)" : "detached \(what) from \(info.handle)"
    return Answer(text, session: info)
  }

  private func theOne(with client: CallsClient) throws -> String {
    let live = try client.sessions().filter { !$0.hasEnded }
    guard live.count < 2 || live.contains(where: Self.canMean) else {
      throw CommandFailure(
        .noSession, BusErrorName.noSuchSession, "no terminal shows the program of a call",
        remedy: "“ongoingcallctl list” shows which are attached")
    }
    return try choose(nil, with: client)
  }
}

// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallModel
import OngoingCall

struct Transfer: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Transfer a call, or answer the far end, which asks for it.",
    subcommands: [TransferStart.self, TransferAccept.self, TransferDecline.self],
    defaultSubcommand: TransferStart.self)
}

struct TransferStart: CallCommand {
  static let configuration = CommandConfiguration(
    commandName: "start", abstract: "Ask the far end of a call to call somebody else instead.",
    usage: """
      ongoingcallctl transfer [start] [--session ID] TARGET
      ongoingcallctl transfer [start] [--session ID] --to ID
      """,
    discussion: """
      TARGET is an address, or a number or a name, which is called through the account of the call. With --to, the far \
      ends of two joined calls talk to each other; without --session, the other of two calls is transferred.

      Waits until the far end has done so, and the call has ended. If the far end refuses, or cannot reach the target, \
      transfer fails, and the call goes on. Interrupting the command does not cancel the transfer.
      """)

  @Argument(
    help: ArgumentHelp("The address, number or name that the far end is to call.", valueName: "TARGET"))
  var target: String?
  @OptionGroup(visibility: .hidden) var otherWords: NumberWords
  @Option(
    help: ArgumentHelp("Connect the far end with that of this call: its ID, or its name.", valueName: "id"),
    completion: SessionCompletion.live)
  var to: String?
  @Option(
    help: ArgumentHelp(
      "The call to transfer: its ID, a unique beginning of it, or its name (default: the only call).", valueName: "id"),
    completion: SessionCompletion.live)
  var session: String?
  @OptionGroup var common: CommonOptions

  func validate() throws {
    switch (target, to) {
    case (nil, nil): throw ValidationError("nobody to transfer to; give a TARGET, or another call: --to ID")
    case (_?, _?): throw ValidationError("TARGET and --to cannot be used together")
    default: break
    }
  }

  /// The far end has three minutes.
  private static let time: Duration = .seconds(200)

  func perform(with client: CallsClient) throws -> Answer {
    let other = try to.map { try choose($0, by: "--to", with: client) }
    let id = try call(besides: other, with: client)
    try client.watch()
    let before = try client.manager().sequence
    do {
      try client.tell(id) { () throws(CallsError) in
        if let other { return try client.ask(.transfer(toSession: other, id)) }
        try client.ask(.transfer(to: ([target ?? ""] + otherWords.all).joined(separator: " "), id))
      }
    } catch CallsError.refused(name: BusErrorName.invalidOption, message: let message) {
      let told = OptionProblem.renaming(message) { $0 == "target" ? "TARGET" : "--to" }
      throw CommandFailure(.usage, BusErrorName.invalidOption, told)
    }
    var failed: SessionHappening?
    func isOver(_ info: SessionInfo) throws(CallsError) -> Bool {
      let name = EventName.transferFailed.rawValue
      failed = try client.look(at: .events(since: before)).first { $0.session == id && $0.name == name }
      return failed != nil
    }
    guard let info = try client.wait(for: id, within: Self.time, until: isOver) else {
      throw CommandFailure(
        .timedOut, "timed-out", "the far end of \(id) did not say how the transfer went",
        remedy: "see its state: ongoingcallctl status \(id)")
    }
    if let failed {
      let why = failed.known.detail ?? "the far end refused"
      throw CommandFailure(
        .failure, EventName.transferFailed.rawValue, "the call \(id) is not transferred: \(shown(why))")
    }
    guard info.endReason == EndReason.hungUp.rawValue else {
      throw CommandFailure(.failure, BusErrorName.sessionEnded, "the call \(id) has ended: \(info.shownEnd)")
    }
    return Answer("\(id) \(info.endDetail.isEmpty ? info.shownState : shown(info.endDetail))", session: info)
  }

  /// Without an option, the only call, or the only one besides that of --to.
  private func call(besides other: String?, with client: CallsClient) throws -> String {
    if session == nil, let other {
      let others = try client.sessions().filter { !$0.hasEnded && $0.id != other }
      if others.count == 1 { return others[0].id }
    }
    return try choose(session, by: "--session", with: client)
  }
}

struct TransferAccept: CallCommand {
  static let configuration = CommandConfiguration(
    commandName: "accept", abstract: "Call whom the far end asks you to call instead.",
    discussion: """
      “status” shows the address. Another call like this one is launched to it. When that is joined, this call ends; if it \
      cannot be joined, this call goes on. Does not wait for that.
      """)

  @OptionGroup var session: SessionArgument
  @OptionGroup var common: CommonOptions

  func perform(with client: CallsClient) throws -> Answer {
    let id = try askedCall(session.id, with: client)
    let address = try client.existing(id).transferRequest
    var launched: String?
    try client.tell(id) { () throws(CallsError) in launched = try client.ask(.answerTransfer(true, to: address, id)) }
    guard let launched else {
      throw CommandFailure(.failure, "unexpected", "ongoingcalld launched no call for the transfer of \(id)")
    }
    return Answer(
      "\(launched) calls \(shown(address)) instead of \(id)", session: client.afterwards(launched, state: .launching))
  }
}

struct TransferDecline: CallCommand {
  static let configuration = CommandConfiguration(
    commandName: "decline", abstract: "Decline the transfer that the far end asks for.",
    discussion: "The call goes on.")

  @OptionGroup var session: SessionArgument
  @OptionGroup var common: CommonOptions

  func perform(with client: CallsClient) throws -> Answer {
    let id = try askedCall(session.id, with: client)
    let address = try client.existing(id).transferRequest
    try client.tell(id) { () throws(CallsError) in _ = try client.ask(.answerTransfer(false, to: address, id)) }
    return Answer("\(id) goes on; the transfer is declined", session: client.afterwards(id, state: .joined))
  }
}

extension CallCommand {
  /// Without an ID, the only call whose far end asks for a transfer.
  fileprivate func askedCall(_ given: String?, with client: CallsClient) throws -> String {
    if given == nil {
      let asked = try client.sessions().filter { !$0.hasEnded && !$0.transferRequest.isEmpty }
      if asked.count == 1 { return asked[0].id }
    }
    return try choose(given, with: client)
  }
}

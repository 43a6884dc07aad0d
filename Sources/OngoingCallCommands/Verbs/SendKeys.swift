// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallModel
import OngoingCall

struct SendKeys: CallCommand {
  static let configuration = CommandConfiguration(
    commandName: "send-keys", abstract: "Type keys into the terminal of a call's program.",
    usage: "ongoingcallctl send-keys [OPTIONS] KEY…",
    discussion: """
      The program must have been launched with --terminal. As in tmux, each KEY is the name of a key, or text if no key \
      has that name. The names, in upper or lower case: Enter, Tab, BTab, Escape, Space, BSpace, Up, Down, Left, Right, \
      Home, End, PageUp (PPage, PgUp), PageDown (NPage, PgDn), Insert (IC), Delete (DC), F1 to F12; with C- or ^ before \
      it for Ctrl, M- for Alt, S- for Shift. Terminals have no code for some of these, such as C-1 or S-Enter: such a \
      key is sent without that modifier. C-Space, C-@ and C-2 cannot be sent: they are NUL. send-keys adds nothing \
      between KEYs. Options end at the first KEY; write “--” before a first KEY that begins with “-”.

      Returns when the program's terminal has the keys, even if the program reads them later. Type secrets in “attach”: \
      other processes can see a command line.

      Examples:
        \(TypedKeys.example)
        ongoingcallctl send-keys -t build C-c
      """)

  @Argument(
    help: ArgumentHelp("Names of keys, and text.", valueName: "KEY"), completion: .list(KeyName.completed))
  var keys: [String] = []
  @Flag(name: .shortAndLong, help: "Every KEY is text.")
  var literal = false
  @Option(
    name: [.customShort("t"), .long],
    help: "The call's ID, a unique beginning of it, or its name (default: the only call).",
    completion: SessionCompletion.withTerminal)
  var session: String?
  @OptionGroup var common: CommonOptions

  func perform(with client: CallsClient) throws -> Answer {
    let keys = try TypedKeys(keys, isLiteral: literal)
    let id = try choose(session, by: "-t", with: client)
    var sent = 0
    for text in keys.texts {
      do { try client.tell(id) { () throws(CallsError) in try client.ask(.sendKeys(text, id)) } } catch {
        throw Self.failure(error, id, after: sent, of: keys.length)
      }
      sent += text.utf8.count
    }
    return Answer("\(id) got the keys", session: client.afterwards(id, state: .joined))
  }

  private static func failure(_ error: any Error, _ id: String, after sent: Int, of all: Int) -> any Error {
    var failure: CommandFailure
    switch error {
    case let error as CommandFailure: failure = error
    case let error as CallsError: failure = CommandFailure(error)
    default: return error
    }
    let look = "look at the terminal: ongoingcallctl attach \(id)"
    if let error = error as? CallsError, error.isAboutNoAnswer {
      let which = sent > 0 ? "the first \(sent) of \(all) bytes were typed, and the next ones" : "the keys"
      failure.message += "; \(which) may have been typed or not"
      failure.remedy = look
      return failure
    }
    switch failure.name {
    case BusErrorName.notSupported:
      failure.remedy = failure.remedy ?? "only a program that was launched with --terminal takes keys"
    case BusErrorName.engineFailed: failure.remedy = failure.remedy ?? look
    default: break
    }
    if sent > 0 {
      failure.message += "; only the first \(sent) of \(all) bytes were typed"
    } else if failure.name == BusErrorName.engineFailed || failure.name == BusErrorName.limitReached {
      failure.message += "; nothing was typed"
    }
    return failure
  }
}

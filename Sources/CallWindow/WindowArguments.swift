// SPDX-License-Identifier: Apache-2.0
internal import OngoingCall

/// The command line of the window.
public enum WindowArguments: Equatable, Sendable {
  case help
  case version
  /// Show the window, and this call.
  case open(call: String?)
  case invalid(String)

  public static let usage = """
    Usage: ongoingcall-window [CALL]

    Shows your calls in a window. It can be closed at any time: the calls go on.

      CALL        the call to show: its ID, a unique beginning of it, or its name
      --call ID   the same
      --version   print the version
      --help      print this

    One window is enough: started again, it comes forward.
    """

  public init(_ words: [String]) {
    var words = words[...]
    var call: String?
    while let word = words.popFirst() {
      let given: String
      switch word {
      case "--help", "-h":
        self = .help
        return
      case "--version":
        self = .version
        return
      case "--call":
        guard let value = words.popFirst() else {
          self = .invalid("--call needs the ID of a call")
          return
        }
        given = value
      case _ where word.hasPrefix("--call="): given = String(word.dropFirst("--call=".utf8.count))
      case _ where word.hasPrefix("-"):
        self = .invalid("unknown option “\(CallText.line(word, limit: 80))”")
        return
      default: given = word
      }
      guard call == nil else {
        self = .invalid("give one call, not several")
        return
      }
      call = given
    }
    self = .open(call: call == "" ? nil : call)
  }
}

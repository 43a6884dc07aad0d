// SPDX-License-Identifier: Apache-2.0

/// ArgumentParser's scripts for shells know no words after “help”.
enum HelpCompletion {
  private static let help = #""ongoingcallctl help""#
  private static let bashEnd = "}\n\ncomplete "
  private static let fishLine = "complete -c 'ongoingcallctl' -n '__ongoingcallctl_should_offer_completions_for_"

  /// With the verbs after “help”; another text is returned as it is.
  static func added(to script: String, verbs: [String]) -> String {
    let words = verbs.joined(separator: " ")
    return
      script
      .replacing(bashEnd, with: "    COMPREPLY+=($(compgen -W '\(words)' -- \"${cur}\"))\n" + bashEnd)
      .replacing("'*:subcommands:'", with: "'*:subcommands:(\(words))'")
      .replacing(
        "\(fishLine)flags_or_options \(help)",
        with: "\(fishLine)positional \(help) -eq 1' -fa '\(words)'\n\(fishLine)flags_or_options \(help)")
  }
}

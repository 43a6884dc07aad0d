// SPDX-License-Identifier: Apache-2.0

/// What ArgumentParser's scripts for shells do not know: the verbs after “help”, and the program after “--”.
enum HelpCompletion {
  private static let help = #""ongoingcallctl help""#
  private static let bashEnd = "}\n\ncomplete "
  private static let fishLine = "complete -c 'ongoingcallctl' -n '__ongoingcallctl_should_offer_completions_for_"

  /// With both; another text is returned as it is.
  static func added(to script: String, verbs: [String]) -> String {
    let words = verbs.joined(separator: " ")
    return
      script
      .replacing(bashEnd, with: "    COMPREPLY+=($(compgen -W '\(words)' -- \"${cur}\"))\n" + bashEnd)
      .replacing("'*:subcommands:'", with: "'*:subcommands:(\(words))'")
      .replacing(
        "\(fishLine)flags_or_options \(help)",
        with: "\(fishLine)positional \(help) -eq 1' -fa '\(words)'\n\(fishLine)flags_or_options \(help)"
      )
      .replacing("_ongoingcallctl() {\n    local state\n", with: "_ongoingcallctl() {\n\(bashProgram)    local state\n")
      .replacing("_ongoingcallctl() {\n    emulate ", with: "_ongoingcallctl() {\n\(zshProgram)    emulate ")
      .replacing("\ncomplete -c 'ongoingcallctl' -f\n", with: "\n\(fishProgram)complete -c 'ongoingcallctl' -f\n")
  }

  /// As the shell completes it where it is typed by itself.
  private static let bashProgram = """
        local -i word
        for ((word = 2; word < COMP_CWORD; word++)); do
            [[ "${COMP_WORDS[1]}" = launch && "${COMP_WORDS[word]}" = -- ]] || continue
            if declare -F _comp_command_offset >/dev/null; then
                _comp_command_offset "$((word + 1))"
            elif declare -F _command_offset >/dev/null; then
                _command_offset "$((word + 1))"
            elif ((word + 1 == COMP_CWORD)); then
                COMPREPLY=($(compgen -c -- "${2}"))
            else
                compopt -o filenames
                COMPREPLY=($(compgen -f -- "${2}"))
            fi
            return
        done

    """

  private static let zshProgram = """
        if [[ "${words[2]}" = launch ]] && (( ${words[(i)--]} < CURRENT )); then
            local -i dashes="${words[(i)--]}"
            shift "${dashes}" words
            (( CURRENT -= dashes ))
            _normal
            return
        fi

    """

  private static let fishProgram = """
    function __ongoingcallctl_program_follows
        set -l tokens (__ongoingcallctl_tokens -pc)
        test "$tokens[2]" = launch; and contains -- -- $tokens
    end

    function __ongoingcallctl_program_completions
        set -l tokens (__ongoingcallctl_tokens -pc)
        set -l word (commandline -ct)
        set -l program $tokens[(math (contains -i -- -- $tokens) + 1)..]
        complete -C (string join -- ' ' $program $word)
    end

    complete -c 'ongoingcallctl' -n __ongoingcallctl_program_follows -fa '(__ongoingcallctl_program_completions)'

    """
}

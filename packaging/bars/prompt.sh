# SPDX-License-Identifier: Apache-2.0
# The call in the prompt of bash or zsh: source it from ~/.bashrc or ~/.zshrc. Nothing is shown where there is no call,
# and a daemon that hangs delays the prompt by a second at most.
ongoingcall_prompt() {
  local line ended=$?
  line=$(ongoingcallctl status --timeout 1 --format '[{title} {duration}] ' 2>/dev/null)
  # zsh takes what begins with "%" for its own.
  if [ -n "${ZSH_VERSION:-}" ]; then line=${line//\%/%%}; fi
  printf '%s' "$line"
  # What the prompt itself may show of the last command.
  return "$ended"
}
if [ -n "${ZSH_VERSION:-}" ]; then setopt PROMPT_SUBST; fi
PS1='$(ongoingcall_prompt)'"$PS1"

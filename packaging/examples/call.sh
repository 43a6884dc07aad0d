#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Places a call that outlives this script, follows it to its end, and hangs up on Ctrl-C.
#
#     call.sh ADDRESS TITLE [COMMAND ARGUMENT…]
#
# COMMAND is what a tap on the call's notification runs. Needs gdbus (libglib2.0-bin), busctl (systemd) and jq.
set -euo pipefail
name=org.ongoingcall.Calls1 root=/org/ongoingcall/Calls1

# A string in GVariant's text format.
quoted() {
  local text=${1//\\/\\\\}
  printf "'%s'" "${text//\'/\\\'}"
}

# Prints the path of the session. With a token, a launch that is repeated is the same call.
launch() {
  local options answer word command=''
  options="'uri': <$(quoted "$1")>, 'title': <$(quoted "$2")>, 'token': <'$(cat /proc/sys/kernel/random/uuid)'>"
  for word in "${@:3}"; do command+="${command:+, }$(quoted "$word")"; done
  if [ -n "$command" ]; then options+=", 'return-command': <[$command]>"; fi
  for _ in 1 2 3; do
    if answer=$(gdbus call --session --timeout 60 --dest $name --object-path $root --method $name.Manager.Launch \
      -- "{$options}" 2>&1); then
      grep -o "$root/session/[0-9a-z]*" <<<"$answer"
      return
    fi
    # The daemon took the answer with it; there is another by now.
    [[ $answer == *org.freedesktop.DBus.Error.NoReply* ]] || break
  done
  case $answer in
    *"$name.Error.EngineNotFound: "*) echo "nothing here can call $1: ${answer##*EngineNotFound: }" >&2 ;;
    *"$name.Error."*) echo "${answer##*"$name.Error."}" >&2 ;;
    *) echo "$answer" >&2 ;;
  esac
  return 1
}

# The call's events after the last that was told: sequence, name and reason, with tabs between them.
news() {
  busctl --user --json=short call $name $root $name.Manager EventsSince t "$last" |
    jq -r --arg id "$id" '.data[0][] | select(.[2] == $id) | [.[0], .[4], .[5].reason.data] | @tsv'
}

[ $# -ge 2 ] || { sed -n 's/^#     /usage: /p' "$0" >&2; exit 64; }
session=$(launch "$@")
id=${session##*/} last=0
trap 'busctl --user call $name "$session" $name.Session HangUp || true' INT
exec 3< <(trap '' INT; exec gdbus monitor --session --dest $name --object-path "$session")
monitor=$!
trap 'kill "$monitor"' EXIT

# A line says that there is something new, or a new daemon: the one before may have died with it. What it is, nothing
# left out and nothing twice, EventsSince says.
while read -r _ <&3; do
  while IFS=$'\t' read -r sequence event reason; do
    last=$sequence
    echo "$id $event $reason"
    case $event in session-left | session-timed-out | connection-closed | launch-failed) exit ;; esac
  done < <(news)
done

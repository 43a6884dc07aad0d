// SPDX-License-Identifier: Apache-2.0
import Glibc
import OngoingCall

let arguments = Array(CommandLine.arguments.dropFirst())
guard (2...3).contains(arguments.count), let program = realpath("/proc/self/exe", nil) else {
  say("usage: CallActivity ADDRESS MEMORY-FILE [SOUND-FILE]")
  exit(64)
}
// A tap on the notification runs this again.
let activity = CallActivity(
  calling: arguments[0], playing: arguments.count > 2 ? arguments[2] : nil, remembering: Memory(at: arguments[1]),
  returningBy: [String(cString: program)] + arguments)
do throws(CallsError) {
  try await activity.run()
} catch {
  say("\(error)" + (error.remedy.map { "; \($0)" } ?? ""))
  exit(1)
}

// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallModel
import OngoingCall

struct Doctor: CallCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check what calls need, and say how to mend what is missing.",
    discussion: """
      A line for each check: “ok”, “warning” (calls work, but not all of what they could have) or “problem” (calls, or \
      those of one engine, will not work); what was found; and after a dash what to do about it. All checks run at the \
      same time, each for --timeout seconds at most (10), and need nothing that runs; ongoingcalld is started, as by \
      every other verb.

      The exit status is 0 without a problem, and 1 with one; with --strict 1 with a warning too.
      """)

  @Flag(help: "Let a warning count as a problem in the exit status.")
  var strict = false
  @OptionGroup var common: CommonOptions

  func perform(with client: CallsClient) throws -> Answer {
    let report = try Checkup(limit: common.limit ?? .seconds(10)).report()
    var answer = Answer(report.text(common.style), json: report.json)
    answer.exitStatus = report.exitStatus(strict: strict).rawValue
    return answer
  }
}

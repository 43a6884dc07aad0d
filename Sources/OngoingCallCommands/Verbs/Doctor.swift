// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallModel
import OngoingCall

struct Doctor: CallCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check everything that calls need, and suggest fixes.",
    discussion: """
      Prints one line per check: “ok”, “warning” (calls work, but with limits) or “problem” (calls, or those of one \
      engine, do not work); what was found; and, after a dash, what to do. The checks run in parallel, for at most \
      --timeout seconds each (default: 10). Nothing needs to be running; doctor starts ongoingcalld.

      The exit status is 1 if there is a problem (with --strict, also if there is a warning), and 0 otherwise.
      """)

  @Flag(help: "Exit with 1 for warnings, too.")
  var strict = false
  @OptionGroup var common: CommonOptions

  func perform(with client: CallsClient) throws -> Answer {
    let report = try Checkup(limit: common.limit ?? .seconds(10)).report()
    var answer = Answer(report.text(common.style), json: report.json)
    answer.exitStatus = report.exitStatus(strict: strict).rawValue
    return answer
  }
}

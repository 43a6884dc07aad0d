// SPDX-License-Identifier: Apache-2.0
import CallModel
import Testing

@Suite struct ConfigurationFileTests {
  private func assignments(_ text: String) -> [String] {
    ConfigurationFile(Array(text.utf8)).assignments.map { "\($0.line) [\($0.section)] \($0.key)=\($0.value)" }
  }

  private func problems(_ bytes: some Sequence<UInt8>) -> [String] {
    ConfigurationFile(Array(bytes)).problems.map { "\($0.line) \($0.text)" }
  }

  @Test func sectionsAndAssignments() {
    #expect(
      assignments("[A]\nx=1\n\n  y = two words \t\n[B]\nx=\nz==a=b") == [
        "2 [A] x=1", "4 [A] y=two words",
        "6 [B] x=", "7 [B] z==a=b",
      ])
    #expect(assignments("[A]\r\nx=1\r\n") == ["2 [A] x=1"])
    #expect(assignments("") == [])
  }

  @Test func commentsAreLeftOut() {
    let text = "# [A]\n;x=1\n[A]\n  # y=1\n\t;\nx=1 # not a comment\n"
    #expect(assignments(text) == ["6 [A] x=1 # not a comment"])
    #expect(problems(text.utf8) == [])
  }

  @Test func linesAreContinued() {
    #expect(assignments("[A]\nx=1 \\\n2\\\n  3\ny=4") == ["2 [A] x=1  2 3", "5 [A] y=4"])
    // Comments and the end of the file within.
    #expect(assignments("[A]\nx=1\\\n# comment\n2\ny=4\\") == ["2 [A] x=1 2", "5 [A] y=4"])
    #expect(assignments("[A\\\n]\nx=1") == ["3 [A ] x=1"])
  }

  @Test func whatIsNotUnderstoodIsNamedByItsLine() {
    #expect(problems("x=1".utf8) == ["1 expected a [Section] before it"])
    #expect(
      problems("[A]\nx\n=1\n\n[B\n[]\ny=1".utf8) == [
        "2 expected Key=Value", "3 expected Key=Value", "5 expected [Section]",
        "6 expected [Section]", "7 expected a [Section] before it",
      ])
    #expect(problems(Array("[A]\nx=".utf8) + [0xFF, 10] + Array("y=1".utf8)) == ["2 the line is not UTF-8"])
    #expect(problems([0]) == ["1 expected Key=Value"])
  }
}

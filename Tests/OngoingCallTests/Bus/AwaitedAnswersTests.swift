// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import OngoingCall

@Suite struct AwaitedAnswersTests {
  @Test func ownersThatComeInTheMiddleOfAQuestionCountAsWell() {
    var answers = AwaitedAnswers()
    answers.expect(7, .question, from: "org.example.Service", owner: ":1.1")
    answers.add(":1.2", of: "org.example.Service")
    answers.add(":1.3", of: "org.example.Other")
    #expect([":1.1", ":1.2", ":1.3"].map { answers.counts($0, to: 7) } == [true, true, false])
  }

  @Test func ofTooManyOwnersTheFirstAreForgotten() {
    var answers = AwaitedAnswers()
    answers.expect(7, .question, from: "org.example.Service", owner: ":1.0")
    for number in 1...100 { answers.add(":1.\(number)", of: "org.example.Service") }
    #expect((0...100).filter { answers.counts(":1.\($0)", to: 7) } == Array(93...100))
  }
}

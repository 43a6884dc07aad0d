// SPDX-License-Identifier: Apache-2.0
import Glibc
import OngoingCall
import TerminalChannel

/// Which terminals of calls are shown in those of others.
struct TerminalPlaces {
  private let client: CallsClient

  init(_ client: CallsClient) { self.client = client }

  /// Whether the terminal of `session` is shown in that of `other`, or in one that is shown there.
  func isShown(_ session: String, within other: String) -> Bool {
    var (todo, seen) = ([session], Set([session]))
    while let next = todo.popLast() {
      for place in places(of: next) where seen.insert(place).inserted {
        if place == other { return true }
        todo.append(place)
      }
    }
    return false
  }

  /// None where nobody can say.
  private func places(of session: String) -> [String] {
    guard let descriptor = try? client.ask(.attachTerminal(session)).duplicate() else { return [] }
    let places = PacketSocket(descriptor).answer(to: .places) { message -> [String]? in
      if case .places(let places) = message { places } else { nil }
    }
    return places ?? []
  }
}

extension PacketSocket {
  /// How long an engine may take to answer. Older ones do not know all questions.
  private static let answerTime: Duration = .seconds(1)

  /// What an engine answers to a viewer that is shown nothing; nil where it does not answer.
  func answer<Answer>(to question: ViewerMessage, _ read: (TerminalMessage) -> Answer?) -> Answer? {
    let deadline = Deadline(in: Self.answerTime)
    guard case .whole = send(question.encoded) else { return nil }
    while deadline.milliseconds > 0 {
      switch receive() {
      case .packet(let packet):
        if let message = try? TerminalMessage(packet), let answer = read(message) { return answer }
      case .nothing:
        var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        _ = poll(&polled, 1, deadline.milliseconds)
      case .tooLong, .gone: return nil
      }
    }
    return nil
  }
}

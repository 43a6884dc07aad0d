// SPDX-License-Identifier: Apache-2.0
import Glibc
import OngoingCall
import TerminalChannel

/// Which terminals of calls are shown in those of others.
struct TerminalPlaces {
  /// How long an engine may take to answer. Older ones do not know the question.
  private static let answerTime: Duration = .seconds(1)

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
    let socket = PacketSocket(descriptor)
    let deadline = Deadline(in: Self.answerTime)
    guard case .whole = socket.send(ViewerMessage.places.encoded) else { return [] }
    while deadline.milliseconds > 0 {
      switch socket.receive() {
      case .packet(let packet):
        if case .places(let places) = try? TerminalMessage(packet) { return places }
      case .nothing:
        var polled = pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0)
        _ = poll(&polled, 1, deadline.milliseconds)
      case .tooLong, .gone: return []
      }
    }
    return []
  }
}

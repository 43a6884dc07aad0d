// SPDX-License-Identifier: Apache-2.0
import CallModel
import EngineChannel
import Systemd

/// Who waits for what comes of a request that changes nothing in the engine's state.
///
/// An engine says only what it refuses, and it answers in order. So a ping follows each request: where its pong comes
/// without an error before it, the engine has done what it was asked. Digits take their time: it says when they are
/// sent.
@EventLoopActor
final class RequestAnswers {
  /// nil is that it has been done.
  typealias Answer = @EventLoopActor (CallRefusal?) -> Void

  private struct Waiter {
    let serial: UInt64
    /// The request's type.
    let request: String
    /// nil where nobody waits any more. The pong is still to come.
    var answer: Answer?
    var problem: CallRefusal?
    var limit: EventSource?
    /// The engine has taken digits, and is to send so many, until it has done what it was asked.
    var digits: UInt64?
  }

  private let id: SessionID
  private var waiting: [Waiter] = []
  /// Those whose pong has come.
  private var dialling: [Waiter] = []
  private var digits = DigitCount()
  /// Other serials than those of ``HangDetector`` and of earlier daemons, and exact as a JSON number everywhere.
  private var serial = UInt64.random(in: 1 << 48..<1 << 52)
  /// Whether all that the engine still says is about this daemon's requests.
  private var isInStep = false

  init(of id: SessionID) { self.id = id }

  private var unanswered: CallRefusal { .outcomeUnknown("the engine of \(id) did not answer in time") }

  func checkRoom() throws(CallRefusal) {
    let count = waiting.count + dialling.count
    guard count < Limit.requestWaiters else {
      throw .limitReached("\(count) requests are already waiting for the engine of \(id); try again")
    }
  }

  /// Returns what the engine is to be sent, in one piece.
  func wait(
    for request: EngineRequest, within time: Duration, _ answer: @escaping Answer
  ) throws(CallRefusal) -> [EngineRequest] {
    var sent = [request]
    // An error that comes before this pong is about what an earlier daemon has asked.
    if !isInStep { sent = [.ping(add("", nil)), request] }
    isInStep = true
    let mine = add(request.type, answer)
    do {
      waiting[waiting.count - 1].limit = try EventSource.timer(after: time) { [weak self] in self?.giveUp(mine) }
    } catch {
      waiting.removeLast()
      throw .engineFailed("\(error)")
    }
    return sent + [.ping(mine)]
  }

  private func add(_ request: String, _ answer: Answer?) -> UInt64 {
    serial += 1
    waiting.append(Waiter(serial: serial, request: request, answer: answer))
    return serial
  }

  private func giveUp(_ serial: UInt64) {
    if let index = dialling.firstIndex(where: { $0.serial == serial }) {
      dialling.remove(at: index).answer?(.outcomeUnknown("the engine of \(id) has not sent all of the digits yet"))
      return
    }
    guard let index = waiting.firstIndex(where: { $0.serial == serial }) else { return }
    let answer = waiting[index].answer
    waiting[index].answer = nil
    answer?(unanswered)
  }

  /// - Returns: whether somebody waits for it.
  @discardableResult
  func heard(_ error: EngineError) -> Bool {
    guard let first = waiting.first, first.request == error.request, first.problem == nil else { return false }
    waiting[0].problem = .engineFailed(error.reason)
    return true
  }

  func heard(pong serial: UInt64) {
    guard let index = waiting.firstIndex(where: { $0.serial == serial }) else { return }
    // The engine has dropped the answers before it.
    let (lost, done) = (waiting[..<index], waiting[index])
    waiting.removeFirst(index + 1)
    for waiter in lost { waiter.answer?(waiter.problem ?? unanswered) }
    guard done.request == Self.dtmf, done.problem == nil, digits.waiting > 0 else { return answer(done) }
    var dialler = done
    dialler.digits = digits.taken
    dialling.append(dialler)
  }

  private static let dtmf = EngineRequest.sendDtmf("").type

  private func answer(_ waiter: Waiter) { waiter.answer?(waiter.problem) }

  func heard(_ count: DigitCount) {
    digits = count
    let done = dialling.filter { $0.digits.map { $0 <= count.sent } ?? true }
    dialling.removeAll { $0.digits.map { $0 <= count.sent } ?? true }
    for waiter in done { answer(waiter) }
  }

  func engineIsGone() {
    let waiters = dialling + waiting
    (waiting, dialling, digits, isInStep) = ([], [], DigitCount(), false)
    let unknown = CallRefusal.outcomeUnknown("the engine of \(id) exited before it answered")
    for waiter in waiters { waiter.answer?(waiter.problem ?? unknown) }
  }
}

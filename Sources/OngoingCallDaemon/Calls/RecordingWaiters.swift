// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import EngineChannel
import Systemd

/// Who waits for a call's recording to begin, or to end.
@EventLoopActor
final class RecordingWaiters {
  /// nil is that it has.
  typealias Answer = @EventLoopActor (CallRefusal?) -> Void

  private struct Waiter {
    /// nil where it is to end.
    var file: String?
    var answer: Answer
    var limit: EventSource?
  }

  private var waiting: [UInt: Waiter] = [:]
  private var number: UInt = 0
  private let id: SessionID

  init(of id: SessionID) { self.id = id }

  var isStarting: Bool { waiting.values.contains { $0.file != nil } }

  func checkRoom() throws(CallRefusal) {
    guard waiting.count < Limit.recordingWaiters else {
      throw .limitReached("\(waiting.count) callers are already waiting for the recording of \(id); try again")
    }
  }

  /// - Parameter file: the one that is recorded to; nil where it is to end.
  func wait(for file: String?, within time: Duration, _ answer: @escaping Answer) throws(CallRefusal) {
    number += 1
    let (mine, problem) = (number, CallRefusal.engineFailed("the engine of \(id) did not answer in time"))
    var waiter = Waiter(file: file, answer: answer)
    do {
      waiter.limit = try EventSource.timer(after: time) { [weak self] in self?.answer(problem) { $0 == mine } }
    } catch { throw .engineFailed("\(error)") }
    waiting[mine] = waiter
  }

  func heard(_ report: EngineReport) {
    answer(nil) { [waiting] in waiting[$0]?.file == report.recording }
    if case .ended = report.state { engineIsGone() }
  }

  func heard(_ error: EngineError) {
    let starts = error.request == EngineRequest.startRecording(file: "").type
    guard starts || error.request == EngineRequest.stopRecording.type else { return }
    answer(.engineFailed(error.reason)) { [waiting] in starts == (waiting[$0]?.file != nil) }
  }

  /// With it every recording has ended.
  func engineIsGone() {
    answer(nil) { [waiting] in waiting[$0]?.file == nil }
    answer(.engineFailed("the engine of \(id) exited before it recorded anything")) { _ in true }
  }

  private func answer(_ problem: CallRefusal?, where isMeant: (UInt) -> Bool) {
    for number in waiting.keys.sorted() where isMeant(number) { waiting.removeValue(forKey: number)?.answer(problem) }
  }
}

extension EngineError {
  /// The engine's words, where it has any.
  var reason: String { message.isEmpty ? "the engine gave no reason (\(code.rawValue))" : message }
}

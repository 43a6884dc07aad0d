// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import EngineChannel
import Systemd

/// The engine that a session has, while it can be told something: its channel, what of the user's wishes it is still to
/// be told, and what finds out that it hangs.
@EventLoopActor
final class EngineLink {
  enum News {
    case message(EngineMessage)
    /// It does not answer, because the machine does not let it run.
    case excused
    /// It cannot be talked to any more, for that reason.
    case lost(InterruptionCause, String)
  }

  private(set) lazy var wishes = EngineWishes { [weak self] in self?.send($0) }
  /// nil only in the beginning.
  private var connection: EngineConnection?
  private var watch: EngineWatch?
  /// Nobody else is in the call, as it has said last.
  private(set) var isAlone = false
  private let handler: @EventLoopActor (News) -> Void

  /// Takes over `channel`.
  ///
  /// - Parameter takenOver: an earlier daemon has used the channel before.
  init(
    _ channel: Int32, takenOver: Bool, _ handler: @escaping @EventLoopActor (News) -> Void
  ) throws(SystemError) {
    self.handler = handler
    connection = try EngineConnection(channel, takenOver: takenOver) { [weak self] in self?.received($0) }
  }

  /// From now on it is missed where it hangs.
  func watch(over unit: String, of manager: ServiceManager, at pace: EngineWatch.Pace) throws(SystemError) {
    watch = try EngineWatch(
      over: unit, of: manager, at: pace,
      ping: { [weak self] in self?.send(.ping($0)) },
      onHang: { [weak self] in self?.handler(.lost(.engineHang, "the engine hangs: \($0)")) },
      onExcuse: { [weak self] in self?.handler(.excused) })
  }

  private func received(_ received: EngineConnection.Received) {
    switch received {
    case .message(let message):
      note(message)
      handler(.message(message))
    case .lost(let detail): handler(.lost(.engineCrash, detail))
    }
  }

  private func note(_ message: EngineMessage) {
    switch message {
    case .state(let report, _):
      isAlone = report.alone
      wishes.heard(report)
    case .pong(let serial): watch?.heard(pong: serial)
    case .error(let error): wishes.heard(error)
    case .media, .program, .digits, .registration, .unknown: break
    }
  }

  /// `shouldSend` is whether it should have sent something since the last time.
  func note(_ counters: MediaCounters, shouldSend: Bool) { watch?.note(counters, shouldSend: shouldSend) }

  var hasRoom: Bool { connection?.hasRoom ?? false }

  func send(_ request: EngineRequest) { connection?.send(request) }

  /// See ``EngineConnection/send(_:)``.
  func send(_ requests: [EngineRequest]) { connection?.send(requests) }

  /// See ``EngineConnection/send(_:passing:)``.
  func send(_ request: EngineRequest, passing passed: Int32) -> Bool {
    connection?.send(request, passing: passed) ?? false
  }

  /// See ``EngineConnection/drain()``.
  func drain() { connection?.drain() }
}

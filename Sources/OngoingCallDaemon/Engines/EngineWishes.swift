// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import EngineChannel
import Systemd

/// All that an engine is told of what the user wants.
@EventLoopActor
final class EngineWishes {
  private let mute: ThrottledWish<Bool>
  private let hold: ThrottledWish<Bool>
  private let audio: ThrottledWish<[String: String]>

  init(_ send: @escaping @EventLoopActor (EngineRequest) -> Void) {
    mute = ThrottledWish { send(.setMuted($0)) }
    hold = ThrottledWish { send(.setHeld($0)) }
    audio = ThrottledWish { send(.setAudio(microphone: $0[AudioKey.microphone], speaker: $0[AudioKey.speaker])) }
  }

  func want(muted value: Bool) { mute.want(value) }
  func want(held value: Bool) { hold.want(value) }

  /// Of those that are not named nothing is wanted.
  func want(audio devices: [String: String]) {
    audio.want((audio.newest ?? [:]).merging(devices) { $1 })
    // An engine says of its devices what it uses, which may be another one.
    audio.answered()
  }

  func heard(_ report: EngineReport) {
    mute.answered(report.muted)
    hold.answered(report.onHold)
  }

  func heard(_ error: EngineError) {
    if error.request == EngineRequest.setMuted(true).type { mute.answered() }
    if error.request == EngineRequest.setHeld(true).type { hold.answered() }
  }
}

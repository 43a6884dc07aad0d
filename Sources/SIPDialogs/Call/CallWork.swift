// SPDX-License-Identifier: Apache-2.0

/// What a call has to do now, and what it waits for.
struct CallWork: Sendable, Equatable {
  var clock = CallClock()
  var requests = PendingRequests()
  /// Of one input, in order.
  private var effects: [CallEffect] = []
  private var reported: CallReport?
  private(set) var sounded: Sound?
  /// Nobody is left to answer anything.
  private(set) var isDone = false

  mutating func begin(at time: Int64) {
    clock.now = time
    effects = []
  }

  mutating func emit(_ effect: CallEffect) { effects.append(effect) }

  mutating func exit() {
    isDone = true
    emit(.exit)
  }

  /// The report comes first, because a successor must know of the effects, and the sound last; but sound ends before
  /// what is said of that. Both only if they differ.
  mutating func finish(reporting report: CallReport, sounding sound: Sound?) -> [CallEffect] {
    if let sound, sound != sounded {
      sounded = sound
      effects.insert(.sound(sound), at: sound.plan == nil ? 0 : effects.endIndex)
    }
    if report != reported {
      reported = report
      effects.insert(.report(report), at: 0)
    }
    return effects
  }
}

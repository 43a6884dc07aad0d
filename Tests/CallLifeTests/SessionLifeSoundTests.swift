// SPDX-License-Identifier: Apache-2.0
import CallModel
import FoundationEssentials
import Testing

@testable import CallLife

/// Recordings and sound devices: each step with its effects.
struct SessionLifeSoundTests {
  typealias Input = SessionLife.Input
  typealias Effect = SessionLife.Effect

  static func says(_ recording: String?) -> Input {
    .report(EngineReport(.joined, recording: recording), resumable: true)
  }

  static func stopped(_ end: RecordingEnd, _ detail: String = "") -> Effect {
    .announce(.recordingStopped(end, detail: detail))
  }

  static let started = Effect.announce(.recordingStarted(file: "/a"))
  static let hasEnded = Input.report(EngineReport(.ended(.removed, detail: "", exitStatus: nil)))

  static let takingUp = Input.report(EngineReport(.reconnecting(.engineCrash)), resumable: true)
  static let restored: [Effect] = [.disarm(.reconnect), .announce(.connectionRestored), .arm(.settle)]
  static let replaced: [(Input, [Effect])] = [
    (
      .engineLost(.engineCrash, detail: ""),
      [.announce(.connectionLost(.engineCrash)), .arm(.reconnect), .killUnit, .arm(.stop)]
    ),
    (.unitGone, [.disarm(.stop), .startEngine]), (.engineStarted, [.join, .arm(.firstReport)]),
  ]

  struct Story: Sendable, CustomTestStringConvertible {
    var name: String
    var steps: [(Input, [Effect])]
    var recording: String?
    var isHandedOn = false
    var testDescription: String { name }
  }

  static let stories: [Story] = [
    Story(name: "begun", steps: [(says("/a"), [started]), (says("/a"), [])], recording: "/a"),
    Story(name: "stopped", steps: [(says("/a"), [started]), (says(nil), [stopped(.stopped)]), (says(nil), [])]),
    Story(
      name: "into another file",
      steps: [
        (says("/a"), [started]), (says("/b"), [stopped(.stopped), .announce(.recordingStarted(file: "/b"))]),
      ], recording: "/b"),
    Story(
      name: "a disk that is full",
      steps: [
        (says("/a"), [started]), (.recordingFailed(detail: "no space"), [stopped(.failed, "no space")]),
        (says(nil), []),
      ]),
    Story(name: "that never began", steps: [(.recordingFailed(detail: "no such folder"), []), (says(nil), [])]),
    Story(name: "handed on", steps: [(says("/a"), [started])] + replaced, recording: "/a", isHandedOn: true),
    Story(
      name: "an engine that goes on with it",
      steps: [(says("/a"), [started])] + replaced + [(takingUp, [.disarm(.firstReport)]), (says("/a"), restored)],
      recording: "/a"),
    Story(
      name: "an engine that cannot",
      steps: [(says("/a"), [started])] + replaced
        + [(takingUp, [.disarm(.firstReport)]), (says(nil), [stopped(.engineReplaced)] + restored)]),
    Story(
      name: "an engine that begins another",
      steps: [(says("/a"), [started])] + replaced
        + [
          (takingUp, [.disarm(.firstReport)]),
          (says("/b"), [stopped(.engineReplaced), .announce(.recordingStarted(file: "/b"))] + restored),
        ], recording: "/b"),
    Story(
      name: "given up while there is no engine",
      steps: [(says("/a"), [started])] + replaced + [
        (.recordingGivenUp, [stopped(.stopped)]), (takingUp, [.disarm(.firstReport)]), (says(nil), restored),
      ]),
    Story(
      name: "only what nobody writes is given up", steps: [(says("/a"), [started]), (.recordingGivenUp, [])],
      recording: "/a"),
    Story(
      name: "a unit that is gone while no daemon was there",
      steps: [
        (says("/a"), [started]),
        (
          .recovered(unitRuns: false),
          [.announce(.connectionLost(.engineCrash)), .arm(.reconnect), .startEngine]
        ),
      ], recording: "/a", isHandedOn: true),
    Story(
      name: "a daemon that is replaced", steps: [(says("/a"), [started]), (.recovered(unitRuns: true), [])],
      recording: "/a"),
    Story(
      name: "a machine that has slept",
      steps: [
        (says("/a"), [started]), (.suspending, [.announce(.connectionLost(.suspend))]), (says(nil), []),
        (.resumed, [.arm(.reconnect), .askForReport]),
        (says(nil), [stopped(.stopped), .disarm(.reconnect), .announce(.connectionRestored)]),
      ]),
  ]

  @Test(arguments: stories) func goesAsTold(_ story: Story) {
    var life = Self.joined()
    for (number, (input, effects)) in story.steps.enumerated() {
      #expect(life.handle(input) == effects, "step \(number): \(input)")
      #expect(life.contradiction == nil)
    }
    #expect(life.reported.recording == story.recording && life.isRecordingHandedOn == story.isHandedOn)
  }

  /// After the end nothing is told.
  @Test func itEndsBeforeItsCall() {
    var life = Self.joined()
    _ = life.handle(Self.says("/a"))
    let announced = life.handle(Self.hasEnded).compactMap { effect -> String? in
      if case .announce(let event) = effect { event.name } else { nil }
    }
    #expect(announced == ["recording-stopped", "session-left"])
    #expect(life.reported.recording == nil && life.contradiction == nil)
  }

  /// An engine that still tells the far end of the end records nothing more.
  @Test func itIsNotAPartOfTheFarewell() {
    var life = Self.joined()
    _ = life.handle(Self.says("/a"))
    let parting = Input.report(EngineReport(.ended(.hungUp, detail: "", exitStatus: nil)), resumable: true)
    let announced = life.handle(parting).compactMap { effect -> String? in
      if case .announce(let event) = effect { event.name } else { nil }
    }
    #expect(announced == ["recording-stopped", "session-left"])
    #expect(life.isInFarewell && life.reported.recording == nil && life.contradiction == nil)
    #expect(life.handle(.uses(AudioUse(microphone: "m", fallback: [.microphone]))) == [])
    #expect(life.handle(.recordingFailed(detail: "full")) == [])
  }

  // MARK: Sound devices

  @Test func whatACallBeginsWithIsNoNews() {
    var life = Self.joined()
    let first = AudioUse(microphone: "m", speaker: "s")
    #expect(life.handle(.uses(AudioUse())) == [] && life.reported.audio == nil)
    #expect(life.handle(.uses(first)) == [] && life.reported.audio == first)
    let second = AudioUse(microphone: "m", speaker: "t")
    #expect(life.handle(.uses(second)) == [.announce(.audioChanged(second))])
    #expect(life.handle(.uses(second)) == [])
    // A message that does not say it takes nothing back.
    #expect(life.handle(.uses(AudioUse())) == [] && life.reported.audio == second)
  }

  @Test func butThatOneIsNotThereIs() {
    var life = Self.joined()
    let use = AudioUse(microphone: "other", fallback: [.microphone])
    #expect(life.handle(.uses(use)) == [.announce(.audioChanged(use))])
  }

  @Test func nobodyHearsOfTheDevicesOfACallThatHasEnded() {
    var life = Self.joined()
    _ = life.handle(Self.hasEnded)
    #expect(life.handle(.uses(AudioUse(microphone: "m", fallback: [.speaker]))) == [])
  }

  // MARK: Records

  @Test func aRecordOfAnEarlierDaemonHasNone() throws {
    let before = try String(decoding: JSONEncoder().encode(Self.joined()), as: UTF8.self)
    #expect(!before.contains("recording") && !before.contains("audio"))
    var life = Self.joined()
    _ = life.handle(Self.says("/a"))
    _ = life.handle(.uses(AudioUse(speaker: "s", fallback: [.speaker])))
    #expect(try JSONDecoder().decode(SessionLife.self, from: JSONEncoder().encode(life)) == life)
  }

  @Test func itIsOverWithItsCallThoughItsEngineIsGone() {
    var life = Self.joined()
    _ = life.handle(Self.says("/a"))
    for (input, _) in Self.replaced.dropLast() { _ = life.handle(input) }
    #expect(life.isRecordingHandedOn)
    let announced = life.handle(.hangUp) + life.handle(.engineStarted) + life.handle(Self.hasEnded)
    let names = announced.compactMap { effect -> String? in
      if case .announce(let event) = effect { event.name } else { nil }
    }
    #expect(names == ["recording-stopped", "session-left"] && life.contradiction == nil)
  }

  @Test(arguments: ["", "a.wav", "/a\u{0}b"]) func whatIsNoFileIsAContradiction(_ file: String) {
    var life = Self.joined()
    life.reported.recording = file
    #expect(life.contradiction == "its recording is not a file path")
    life.engineSpeaks = false
    #expect(life.contradiction != nil)
  }

  private static func joined() -> SessionLife {
    var life = SessionLife(resumable: true)
    _ = life.handle(.engineStarted)
    _ = life.handle(says(nil))
    return life
  }
}

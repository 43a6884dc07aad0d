// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

@Suite(.timeLimit(.minutes(1))) struct SessionSoundTests {
  private static let joined = #"{"type":"state","state":"joined"}"# + "\n"
  private static let recorded = #"{"type":"state","state":"joined","recording":"/tmp/a.wav"}"# + "\n"

  private static func house(
    _ capabilities: [String] = ["audio", "record", "resume"],
    _ body: @escaping @EventLoopActor @Sendable (House, Session, EngineEnd) async throws -> Void
  ) async throws {
    try await onEventLoop {
      let house = try await House()
      var record = SessionRecord.sample(SessionID(), capabilities: capabilities)
      record.spec.settings = ["microphone": "first", "identity": ""]
      record.life = SessionLife(resumable: capabilities.contains("resume"))
      record.live(.engineStarted)
      record.live(.report(EngineReport(.joined)))
      let (session, engine) = try house.session(record, pinged: .every(.seconds(60)))
      _ = await engine.hear(3)
      try await body(house, session, engine)
      withExtendedLifetime((house, session, engine)) {}
    }
  }

  /// What a caller is answered: nil is yes.
  @EventLoopActor
  private final class Answers {
    let box = Mailbox<CallRefusal?>()
    func take(_ problem: CallRefusal?) { box.put(problem) }
    func next() async -> CallRefusal?? { await box.next() }
  }

  // MARK: Sound devices

  @Test func devicesThatAreChosenHoldForEveryEngineAfterIt() async throws {
    try await Self.house { house, session, engine in
      try session.setAudio([("microphone", .string("")), ("speaker", .string("usb"))])
      try session.setAudio([])
      #expect(await engine.hear(1) == [#"{"microphone":"","speaker":"usb","type":"set-audio"}"#])
      #expect(house.saved?.audio == ["microphone": "", "speaker": "usb"])
      // A launch that is repeated is still the same.
      #expect(session.spec.settings == ["microphone": "first", "identity": ""])
      engine.leave()
      #expect(await house.event()?.name == "connection-lost")
      // There is no engine just now.
      try session.setAudio([("speaker", .string("hdmi"))])
      try await house.removeUnit(of: session)
      let channel = house.units.channels.removeValue(forKey: session.record.unit)
      let next = EngineEnd(try #require(channel))
      let told = await next.hear(2)
      #expect(told.last?.contains(#""settings":{"identity":"","speaker":"hdmi"}"#) == true, "\(told)")
      withExtendedLifetime(next) {}
    }
  }

  @Test(arguments: [
    ("volume", BusValue.string("1"), "unknown option; the options are microphone, speaker"),
    ("speaker", .uint32(1), "its type is u; it must be s"),
    ("speaker", .string(String(repeating: "x", count: 513)), "it is 513 bytes long; at most 512 are allowed"),
  ])
  func whatIsNoDeviceIsRefused(_ key: String, _ value: BusValue, _ problem: String) async throws {
    try await Self.house { _, session, _ in
      #expect(throws: CallRefusal.invalidOption(key, problem)) { try session.setAudio([(key, value)]) }
    }
  }

  @Test func anEngineThatCannotIsNotAsked() async throws {
    try await Self.house(["mute"]) { _, session, _ in
      #expect(throws: CallRefusal.notSupported("the engine “sip” of \(session.id) cannot do this (it lacks “audio”)")) {
        try session.setAudio([("speaker", .string("x"))])
      }
      let lacksRecord = CallRefusal.notSupported("the engine “sip” of \(session.id) cannot do this (it lacks “record”)")
      #expect(throws: lacksRecord) { try session.startRecording("/tmp/a.wav") { _ in } }
      #expect(throws: lacksRecord) { try session.stopRecording { _ in } }
    }
  }

  @Test func anotherDeviceThanWasAskedForIsAnEvent() async throws {
    try await Self.house { house, session, engine in
      let media = #"{"type":"media","sent":1,"received":1,"lost":0,"microphone":"m","speaker":"#
      await engine.say(media + #""s"}"# + "\n" + media + #""t","fallback":["speaker"]}"# + "\n")
      let event = await house.event()
      #expect(event?.name == "audio-changed")
      let told: [String: BusValue] = [
        "microphone": .string("m"), "speaker": .string("t"), "fallback": .strings(["speaker"]),
      ]
      #expect(event?.details.busValue == .dictionary(told))
      // Everybody on the bus hears the signal; what the user's devices are called is not for everybody.
      #expect(event?.details.announcement == .dictionary(["more": .bool(true)]))
      #expect(house.events.count == 1 && house.saved?.life == session.life)
    }
  }

  // MARK: Hold

  @Test func aHoldThatIsRefusedIsToldAtOnce() async throws {
    try await Self.house(["hold", "resume"]) { house, session, engine in
      try session.wish(.hold(true), needs: .hold)
      #expect(await engine.hear(1) == [#"{"held":true,"type":"set-held"}"#])
      let refusal = #"{"type":"error","code":"failed","request":"set-held","message":"it does not: 488"}"# + "\n"
      await engine.say(refusal + refusal)
      let event = await house.event()
      #expect(event?.name == "hold-refused" && event?.reason == nil && event?.detail == "it does not: 488")
      #expect(event?.details.busValue == .dictionary(["detail": .string("it does not: 488")]))
      // Everybody on the bus hears the signal; a far end's words are not for everybody.
      #expect(event?.details.announcement == .dictionary(["more": .bool(true)]))
      #expect(session.life.startsOnHold == false && house.saved?.life == session.life && house.events.count == 1)
      try session.wish(.hold(true), needs: .hold)
      await engine.say(#"{"type":"error","code":"failed","request":"set-held"}"# + "\n")
      #expect(await house.event()?.detail == "the engine gave no reason (failed)")
    }
  }

  // MARK: Recordings

  @Test func whoAsksIsAnsweredWhenTheEngineRecords() async throws {
    try await Self.house { house, session, engine in
      let answers = Answers()
      try session.startRecording("/tmp/a.wav", answers.take)
      #expect(await engine.hear(1) == [#"{"file":"/tmp/a.wav","type":"start-recording"}"#])
      let early = #expect(throws: CallRefusal.self) { try session.startRecording("/tmp/b.wav") { _ in } }
      #expect(early?.name == BusErrorName.engineFailed)
      await engine.say(Self.joined + Self.recorded)
      #expect(await answers.next() == .some(nil))
      let started = await house.event()
      #expect(started?.name == "recording-started")
      #expect(started?.details.busValue == .dictionary(["file": .string("/tmp/a.wav")]))
      #expect(started?.details.announcement == .dictionary(["more": .bool(true)]))
      #expect(house.steps.waiting.contains { if case .announced(_, ["Recording"]) = $0 { true } else { false } })
      let second = #expect(throws: CallRefusal.self) { try session.startRecording("/tmp/b.wav") { _ in } }
      #expect(second?.name == BusErrorName.engineFailed)
      try session.stopRecording(answers.take)
      #expect(await engine.hear(1) == [#"{"type":"stop-recording"}"#])
      await engine.say(Self.joined)
      #expect(await answers.next() == .some(nil))
      let stopped = await house.event()
      #expect(stopped?.name == "recording-stopped" && stopped?.reason == "stopped")
      // There is nothing to stop any more.
      try session.stopRecording(answers.take)
      #expect(await answers.next() == .some(nil))
    }
  }

  @Test func whyItCannotRecordIsSaid() async throws {
    try await Self.house { house, session, engine in
      let answers = Answers()
      try session.startRecording("/root/a.wav", answers.take)
      await engine.say(#"{"type":"error","code":"failed","request":"start-recording","message":"no way in"}"# + "\n")
      #expect(await answers.next() == .some(.engineFailed("no way in")))
      #expect(house.events == [])
    }
  }

  @Test func aRecordingThatBreaksOffIsTold() async throws {
    try await Self.house { house, session, engine in
      await engine.say(
        Self.recorded
          + #"{"type":"error","code":"failed","request":"start-recording","message":"the disk is full"}"# + "\n"
          + Self.joined)
      #expect(await house.event()?.name == "recording-started")
      let stopped = await house.event()
      #expect(stopped?.reason == "failed" && stopped?.detail == "the disk is full")
      #expect(stopped?.details.announcement == .dictionary(["reason": .string("failed"), "more": .bool(true)]))
      withExtendedLifetime(session) {}
    }
  }

  @Test func anEngineThatIsGoneAnswersEverybody() async throws {
    try await Self.house { house, session, engine in
      let (starts, stops) = (Answers(), Answers())
      try session.startRecording("/tmp/a.wav", starts.take)
      try session.stopRecording(stops.take)
      engine.leave()
      #expect(await house.event()?.name == "connection-lost")
      #expect(await stops.next() == .some(nil))
      #expect(
        await starts.next() == .some(.engineFailed("the engine of \(session.id) exited before it recorded anything")))
    }
  }

  @Test(arguments: [true, false])
  func theNextEngineGoesOnWithIt(_ canIt: Bool) async throws {
    try await Self.house { house, session, engine in
      await engine.say(Self.recorded.replacing("}", with: #","resume":"ticket"}"#))
      _ = await house.event()
      engine.leave()
      #expect(await house.event()?.name == "connection-lost")
      try await house.removeUnit(of: session)
      let channel = house.units.channels.removeValue(forKey: session.record.unit)
      let next = EngineEnd(try #require(channel))
      let told = await next.hear(2)
      #expect(told.last?.contains(#""recording":"/tmp/a.wav","resume":"ticket""#) == true, "\(told)")
      #expect(session.life.reported.recording == "/tmp/a.wav")
      await next.say(canIt ? Self.recorded : Self.joined)
      let event = await house.event()
      #expect(event?.name == (canIt ? "connection-restored" : "recording-stopped"))
      #expect(canIt || event?.reason == "engine-replaced")
      #expect((session.life.reported.recording != nil) == canIt)
      withExtendedLifetime(next) {}
    }
  }

  @Test func itIsStoppedAlsoWhereThereIsNoEngine() async throws {
    try await Self.house { house, session, engine in
      await engine.say(Self.recorded.replacing("}", with: #","resume":"ticket"}"#))
      _ = await house.event()
      engine.leave()
      #expect(await house.event()?.name == "connection-lost")
      let answers = Answers()
      try session.stopRecording(answers.take)
      #expect(await answers.next() == .some(nil))
      let stopped = await house.event()
      #expect(stopped?.name == "recording-stopped" && stopped?.reason == "stopped")
      try await house.removeUnit(of: session)
      let channel = house.units.channels.removeValue(forKey: session.record.unit)
      let next = EngineEnd(try #require(channel))
      #expect(await next.hear(2).last?.contains("recording") == false)
      withExtendedLifetime(next) {}
    }
  }

  @Test(arguments: ["", "a.wav", "~/a.wav", "/" + String(repeating: "x", count: 4095)])
  func whatIsNoAbsolutePathIsRefused(_ file: String) async throws {
    try await Self.house { _, session, _ in
      do throws(CallRefusal) {
        try session.startRecording(file) { _ in }
        Issue.record("it was taken")
      } catch { #expect(error.name.hasSuffix("InvalidOption") && error.message.utf8.count < 400) }
    }
  }

  @Test func aCallThatIsNotJoinedIsNotRecorded() async throws {
    try await onEventLoop {
      let house = try await House()
      let (session, engine) = try house.session(.launched(SessionID(), capabilities: ["record"]))
      #expect(throws: CallRefusal.notSupported("the call is not joined yet; record it once it is")) {
        try session.startRecording("/tmp/a.wav") { _ in }
      }
      withExtendedLifetime((house, engine)) {}
    }
  }

  @Test func onlySoManyWait() async throws {
    try await Self.house { _, session, _ in
      try session.startRecording("/tmp/a.wav") { _ in }
      for _ in 1..<Limit.recordingWaiters { try session.stopRecording { _ in } }
      do throws(CallRefusal) {
        try session.stopRecording { _ in }
        Issue.record("it waits, too")
      } catch { #expect(error.name.hasSuffix("LimitReached")) }
    }
  }
}

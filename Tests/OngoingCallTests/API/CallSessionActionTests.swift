// SPDX-License-Identifier: Apache-2.0
import CallModel
import OngoingCallTestSupport
import Testing

@testable import OngoingCall

@Suite(.timeLimit(.minutes(1))) struct CallSessionActionTests {
  let app: App

  init() throws { app = try App() }

  @Test func whatOneDoesInACall() async throws {
    let (session, _) = try await app.join()
    let recorder = Recorder()
    session.addSessionStatusListener(recorder)
    try await session.muteAudio()
    try await session.unMuteAudio()
    #expect(await recorder.heard(2) == ["muted: true", "muted: false"])
    try await session.hold()
    try await session.resume()
    try await session.sendDTMF("12#")
    try await session.sendKeys("ls\r")
    try await session.leaveSession()
    try await session.leaveSession()
    #expect(await recorder.heard(3).last == "left: hung-up")
    #expect(app.daemon.requests("SetMuted").map { $0.arguments[0] } == [.bool(true), .bool(false)])
    #expect(app.daemon.requests("SetOnHold").map { $0.arguments[0] } == [.bool(true), .bool(false)])
    #expect(app.daemon.requests("SendDtmf").map { $0.arguments[0] } == [.string("12#")])
    #expect(app.daemon.requests("SendKeys").map { $0.arguments[0] } == [.string("ls\r")])
  }

  @Test func whatOneDoesToTheSound() async throws {
    let (session, id) = try await app.join()
    let recorder = Recorder()
    session.addSessionStatusListener(recorder)
    try await session.setAudio(speaker: "")
    try await session.setAudio(microphone: "usb", speaker: "hdmi")
    try await session.startRecording(to: "/tmp/a.wav")
    try await session.stopRecording()
    #expect(
      app.daemon.requests("SetAudio").map { $0.arguments[0] } == [
        .dictionary(["speaker": .string("")]),
        .dictionary(["microphone": .string("usb"), "speaker": .string("hdmi")]),
      ])
    #expect(app.daemon.requests("StartRecording").map { $0.arguments[0] } == [.string("/tmp/a.wav")])
    #expect(app.daemon.requests("StopRecording").count == 1)
    let away: [String: BusValue] = ["microphone": .string("m"), "fallback": .strings(["microphone"])]
    try app.happen(id, "recording-started", ["file": .string("/tmp/a.wav")])
    #expect(await recorder.heard(1) == ["recording to /tmp/a.wav"])
    #expect(session.recording == "/tmp/a.wav")
    try app.happen(id, "audio-changed", away)
    try app.happen(id, "recording-stopped", ["reason": .string("failed"), "detail": .string("full")])
    #expect(await recorder.heard(3).suffix(2) == ["devices m!, -", "recorded: failed, full"])
    #expect(session.recording == nil)
  }

  @Test func aHoldThatIsRefused() async throws {
    let (session, id) = try await app.join()
    let recorder = Recorder()
    session.addSessionStatusListener(recorder)
    app.daemon.on("SetOnHold") { _ in [.reply([])] }
    try await session.hold()
    try app.happen(id, "hold-refused", ["detail": .string("488")])
    #expect(await recorder.heard(1) == ["hold refused: 488"])
    #expect(!session.isOnHold)
  }

  @Test func transfers() async throws {
    let before = app.desk.session
    await #expect(throws: CallsError.noSession) { try await before.transfer(to: before) }
    let (session, id) = try await app.join()
    let recorder = Recorder()
    session.addSessionStatusListener(recorder)
    for member in ["Transfer", "TransferTo"] { app.daemon.on(member) { _ in [.reply([])] } }
    app.daemon.on("AnswerTransfer") { request in
      [.reply([.objectPath(request.arguments[0] == .bool(true) ? BusName.sessionPath("abce0000") : "/")])]
    }
    try await session.transfer(to: "sip:c@h")
    try await session.transfer(to: session)
    #expect(app.daemon.requests("Transfer").map { $0.arguments[0] } == [.string("sip:c@h")])
    #expect(app.daemon.requests("TransferTo").map { $0.arguments[0] } == [.objectPath(BusName.sessionPath(id))])
    try app.happen(id, "transfer-failed", ["detail": .string("486")])
    try app.happen(id, "transfer-requested", ["detail": .string("sip:d@h")])
    #expect(await recorder.heard(2) == ["transfer failed: 486", "transfer requested: sip:d@h"])
    #expect(session.transferRequest == "sip:d@h")
    #expect(try await session.answerTransfer(to: "sip:d@h", accepting: true) == "abce0000")
    #expect(try await session.answerTransfer(to: "sip:d@h", accepting: false) == nil)
    #expect(app.daemon.requests("AnswerTransfer").allSatisfy { $0.arguments[1] == .string("sip:d@h") })
    try app.happen(id, "transfer-request-ended")
    #expect(await recorder.heard(3).last == "transfer request ended")
    #expect(session.transferRequest == nil)
  }

  @Test func whomTheServerSaysThatItIsWith() async throws {
    let before = app.desk.session
    await #expect(throws: CallsError.noSession) { try await before.connectedTo() }
    let (session, id) = try await app.join()
    #expect(try await session.connectedTo() == nil)
    app.daemon.set(id, ["Id": .string(id), "ConnectedTo": .string("Reception sip:100@example.org")])
    #expect(try await session.connectedTo() == "Reception sip:100@example.org")
    try app.happen(id, "session-left", ["reason": .string("hung-up")])
    _ = await session.events.first { $0.end != nil }
    await #expect(throws: CallsError.sessionEnded) { try await session.connectedTo() }
  }

  @Test func aRecordingIsAskedForOnce() async throws {
    let (session, _) = try await app.join()
    app.daemon.on("StartRecording") { _ in [.fail(BusErrorName.engineFailed, "/tmp/a.wav is there already")] }
    let refusal = CallsError.refused(name: BusErrorName.engineFailed, message: "/tmp/a.wav is there already")
    await #expect(throws: refusal) { try await session.startRecording(to: "/tmp/a.wav") }
    #expect(app.daemon.requests("StartRecording").count == 1)
  }

  @Test func nothingCanBeDoneBeforeACallAndAfterIt() async throws {
    let before = app.desk.session
    await #expect(throws: CallsError.noSession) { try await before.muteAudio() }
    await #expect(throws: CallsError.noSession) { try await before.leaveSession() }
    let (session, _) = try await app.join()
    try await session.leaveSession()
    #expect(await session.events.first { $0.end != nil } != nil)
    await #expect(throws: CallsError.sessionEnded) { try await session.muteAudio() }
    await #expect(throws: CallsError.sessionEnded) { try await session.sendDTMF("1") }
    await #expect(throws: CallsError.sessionEnded) { try await session.sendKeys("1") }
    try await session.leaveSession()
    #expect(app.daemon.requests("SetMuted").isEmpty)
  }

  @Test func aCallThatEndsMeanwhile() async throws {
    let (session, id) = try await app.join()
    app.daemon.on("SetMuted") { _ in [.fail(BusErrorName.sessionEnded, "it has ended")] }
    await #expect(throws: CallsError.sessionEnded) { try await session.muteAudio() }
    app.daemon.on("SetOnHold") { _ in [.forget(id), .fail("org.freedesktop.DBus.Error.UnknownObject", "Unknown")] }
    await #expect(throws: CallsError.sessionEnded) { try await session.hold() }
  }
}

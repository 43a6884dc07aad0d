// SPDX-License-Identifier: Apache-2.0
import CallModel
import OngoingCallTestSupport

@testable import OngoingCall

/// An application on a bus of its own, with a daemon that says what a test has it say.
struct App {
  let bus: PrivateBus
  let daemon: ScriptedDaemon
  let desk: CallCoordinator

  static let address = "sip:a@example.org"

  init(limit: Duration? = nil) throws {
    // The name is activatable, as the real one is: a question waits for a daemon that comes back.
    bus = try PrivateBus(services: [BusName.service: "/bin/true"])
    daemon = try ScriptedDaemon(on: bus)
    desk = Self.desk(on: bus, limit: limit)
  }

  /// The same application, started again.
  func again() -> CallCoordinator { Self.desk(on: bus) }

  static func desk(on bus: PrivateBus, limit: Duration? = nil) -> CallCoordinator {
    let address = bus.address
    return CallCoordinator(limit: limit) { deadline throws(CallsError) in
      try BusConnection(address: address, until: deadline)
    }
  }

  /// Joins, and returns the session and its id.
  func join(_ settings: SessionSettings = SessionSettings()) async throws -> (CallSession, String) {
    let session = try await desk.join(Self.address, settings, nil)
    return (session, session.id ?? "")
  }

  func happen(_ id: String, _ name: String, _ details: [String: BusValue] = [:]) throws {
    try daemon.perform(.happen(id, name, details))
  }
}

/// Writes down what it hears.
actor Recorder: SessionStatusListener {
  private(set) var heard: [String] = []
  private var waiting: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
  private static let patience: Duration = .seconds(20)
  /// Called with each line, before the next can come.
  private let reaction: @Sendable (String) async -> Void

  init(_ reaction: @escaping @Sendable (String) async -> Void = { _ in }) { self.reaction = reaction }

  /// The first `count` callbacks, once there are so many; fewer where they do not come.
  func heard(_ count: Int) async -> [String] {
    if heard.count < count {
      let impatience = Task {
        try await Task.sleep(for: Self.patience)
        giveUp()
      }
      await withCheckedContinuation { waiting.append((count, $0)) }
      impatience.cancel()
    }
    return Array(heard.prefix(count))
  }

  private func giveUp() {
    for (_, continuation) in waiting { continuation.resume() }
    waiting = []
  }

  private func hear(_ line: String) async {
    heard.append(line)
    for (count, continuation) in waiting where count <= heard.count { continuation.resume() }
    waiting.removeAll { $0.count <= heard.count }
    await reaction(line)
  }

  func onSessionJoined() async { await hear("joined") }
  func onSessionLeft(_ end: CallSession.End) async { await hear("left: \(end.reason)") }
  func onSessionTimedOut(_ end: CallSession.End) async { await hear("timed out: \(end.reason)") }
  func onConnectionLost(_ why: CallSession.Interruption) async { await hear("lost: \(why)") }
  func onConnectionRestored() async { await hear("restored") }
  func onConnectionClosed(_ end: CallSession.End) async { await hear("closed: \(end.reason)") }
  func onLaunchFailed(_ end: CallSession.End) async { await hear("failed: \(end.reason), \(end.detail)") }
  func onHangUpRequested(grace: Duration) async { await hear("hang up within \(grace)") }
  func onHoldRefused(detail: String) async { await hear("hold refused: \(detail)") }
  func onTransferRequested(address: String) async { await hear("transfer requested: \(address)") }
  func onTransferRequestEnded() async { await hear("transfer request ended") }
  func onTransferFailed(detail: String) async { await hear("transfer failed: \(detail)") }
  func onRecordingStarted(_ file: String) async { await hear("recording to \(file)") }
  func onRecordingStopped(_ why: CallSession.RecordingEnd, detail: String) async {
    await hear("recorded: \(why), \(detail)")
  }
  func onAudioDevicesChanged(_ devices: CallSession.AudioDevices) async {
    let microphone = (devices.microphone ?? "-") + (devices.isMicrophoneFallback ? "!" : "")
    await hear("devices \(microphone), " + (devices.speaker ?? "-") + (devices.isSpeakerFallback ? "!" : ""))
  }
  func onReturnRequested(_ activationToken: String?) async { await hear("return: \(activationToken ?? "-")") }
  func onNotificationAction(_ key: String) async { await hear("action: \(key)") }
  func onEvent(_ event: CallSession.Event) async {
    switch event.kind {
    case .eventsForgotten: await hear("forgotten")
    case .mutedChanged(let muted): await hear("muted: \(muted)")
    default: break
    }
  }
}

extension CallsError {
  var isNotSendable: Bool { if case .notSendable = self { true } else { false } }
}

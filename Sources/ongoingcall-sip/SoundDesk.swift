// SPDX-License-Identifier: Apache-2.0
#if SIP
  import CallMedia
  import EngineChannel
  import Glibc
  import SIPDialogs
  import SIPTransport

  /// The call's sound, at whatever address of this machine it goes from.
  final class SoundDesk {
    private let settings: JoinSettings
    private let loop: EventLoop
    private let heard: (MediaSample) -> Void
    private var media: [String: CallMedia] = [:]
    private var watches: [String: Watch] = [:]
    private var active: String?
    private var ticker: Timer?
    private var plan: MediaPlan?
    /// Of the addresses that the call has left.
    private var before = MediaSample()

    static let period: Int64 = 1000

    /// Milliseconds of CLOCK_BOOTTIME, which the stream's numbers follow.
    static var now: Int64 { EventLoop.nowWithSleep }

    init(_ settings: JoinSettings, loop: EventLoop, heard: @escaping (MediaSample) -> Void) throws {
      (self.settings, self.loop, self.heard) = (settings, loop, heard)
      try CallMedia.check(play: settings.play, record: settings.record)
    }

    /// Ports for sound at an address: those that there are, or new ones.
    func open(_ address: String, preferring end: LocalEnd?) throws -> (rtp: UInt16, rtcp: UInt16) {
      if let media = media[address] { return media.ports }
      var wanted = CallMedia.Settings(localAddress: address, identity: settings.order.stream)
      wanted.preferredPorts = end.map { ($0.mediaPort, $0.controlPort) }
      (wanted.play, wanted.record) = (settings.play, settings.record)
      (wanted.microphone, wanted.speaker) = (settings.microphone, settings.speaker)
      let new = try CallMedia(wanted)
      media[address] = new
      return new.ports
    }

    func play(_ wanted: Sound) throws {
      guard let media = media[wanted.end.address] else { return }
      if let active, active != wanted.end.address { stop(active) }
      active = wanted.end.address
      media.isMuted = wanted.isMicrophoneOff
      plan = wanted.plan
      plan?.direction = plan.map {
        MediaPlan.Direction(sends: $0.direction.sends, receives: $0.direction.receives && !wanted.isSpeakerOff)
      } ?? .inactive
      try media.apply(plan)
      if watches[wanted.end.address] == nil { try watch(media, wanted.end.address) }
      if ticker == nil, plan != nil { tick() }
    }

    func dial(_ digits: String) { current?.dial(digits) }

    func close() {
      ticker = nil
      watches = [:]
      for media in media.values { media.close() }
      media = [:]
    }

    private var current: CallMedia? { active.flatMap { media[$0] } }

    private func stop(_ address: String) {
      before = sample
      watches[address] = nil
      media.removeValue(forKey: address)?.close()
    }

    private func watch(_ media: CallMedia, _ address: String) throws {
      watches[address] = try loop.watch(media.descriptor, for: .readable) { [unowned media] _ in
        for event in media.dispatch() { complain("<5>\(event)") }
      }
    }

    private func tick() {
      ticker = loop.timer(after: Self.period) { [unowned self] in
        heard(sample)
        if ticker != nil { tick() }
      }
    }

    /// Of the whole call, in this process.
    private var sample: MediaSample {
      var sample = current?.sample() ?? MediaSample()
      sample.sent += before.sent
      sample.received += before.received
      sample.lost += before.lost
      sample.control += before.control
      return sample
    }

    func counters(_ sample: MediaSample) -> MediaCounters {
      MediaCounters(
        sent: sample.sent, received: sample.received, lost: sample.lost, roundTripMilliseconds: sample.roundTrip)
    }
  }
#endif

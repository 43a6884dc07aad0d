// SPDX-License-Identifier: Apache-2.0
#if SIP
  import CallMedia
  import CallModel
  import EngineChannel
  import Glibc
  import NATTraversal
  import SIPDialogs
  import SIPTransport

  /// The call's sound, at whatever local address it currently uses.
  final class SoundController {
    enum Event {
      /// Of all that were dialled in this process, so many have been sent.
      case digits(DigitCount)
      /// Once per ``period``, as long as there is sound.
      case sample(MediaSample)
      /// The stream continues with other numbers.
      case identity(StreamIdentity)
      /// The file of the recording changed: nil is none.
      case recording(String?)
      /// The recording stopped by itself, for this reason.
      case recordingFailed(String)
      case secured(HandshakeKeys)
      case notSecured(MediaPlan.Handshake, String)
    }

    private var settings: JoinSettings
    private let loop: SIPLoop
    private let tell: (Event) -> Void
    private var media: [String: CallMedia] = [:]
    private var watches: [String: DescriptorWatch] = [:]
    private var active: String?
    private var ticker: Timer?
    private var isRunning = false
    private var isSending = false
    private(set) var recording: String?
    private var wanted: Sound?
    /// By local address: where connectivity checks lead to.
    private var checked: [String: MediaPath] = [:]
    /// What comes for STUN and TURN, and the local address that it comes to.
    var onDatagram: ((CallMedia.Datagram, String) -> Void)?
    private var away: Set<MediaEvent.Direction> = []
    private var dialled = DigitCount()
    /// The totals of the addresses that the call has left.
    private var before = MediaSample()

    static let period: Int64 = 1000
    private static let mostDigits: UInt64 = 64

    /// Milliseconds of CLOCK_BOOTTIME, which the stream's numbers follow.
    static var now: Int64 { SIPLoop.nowWithSleep }

    init(_ settings: JoinSettings, loop: SIPLoop, tell: @escaping (Event) -> Void) {
      (self.settings, self.loop, self.tell) = (settings, loop, tell)
    }

    /// Ports for sound at an address: existing ones or new ones.
    func open(_ address: String, preferring end: LocalEnd?) throws(MediaError) -> (rtp: UInt16, control: UInt16) {
      if let media = media[address] { return media.ports }
      let new = try CallMedia(
        CallMedia.Settings(
          localAddress: address, preferredPorts: end.map { ($0.mediaPort, $0.controlPort) },
          identity: current?.identity ?? settings.ticket?.stream ?? settings.order.stream, play: settings.play,
          record: settings.record, microphone: settings.microphone, speaker: settings.speaker, title: settings.title,
          muted: true, continues: settings.ticket != nil || !media.isEmpty,
          inboundRollovers: current?.sample().inboundRollovers ?? settings.ticket?.inboundRollovers ?? 0))
      media[address] = new
      return new.ports
    }

    func play(_ wanted: Sound) throws {
      guard let media = media[wanted.end.address] else { return }
      self.wanted = wanted
      if let active, active != wanted.end.address { stop(active, before: media) }
      active = wanted.end.address
      var plan = wanted.plan
      if wanted.isSpeakerOff, let direction = plan?.direction {
        plan?.direction = MediaPlan.Direction(sends: direction.sends, receives: false)
      }
      // There must be no moment of the microphone in between.
      if wanted.isMicrophoneOff { media.isMuted = true }
      try media.apply(plan, by: path(of: wanted), certificate: wanted.certificate)
      noteDigits(of: media)
      media.isMuted = wanted.isMicrophoneOff
      isSending = plan?.direction.sends ?? false
      isRunning = plan != nil
      if isRunning, let file = settings.recording { continueRecording(file) }
      if watches[wanted.end.address] == nil { try watch(media, wanted.end.address) }
      if ticker == nil, isRunning { tick() }
    }

    private func path(of wanted: Sound) -> MediaPath {
      if wanted.plan?.ice != nil { return checked[wanted.end.address] ?? .awaited }
      // Without ICE there is no relay, and who wants one must not go without.
      return settings.ice?.relayOnly == true ? .awaited : .negotiated
    }

    /// The sound at a local address goes another way from now on.
    func go(_ path: MediaPath, at address: String) throws {
      checked[address] = path
      if let wanted, wanted.end.address == address { try play(wanted) }
    }

    func keepDatagrams(at address: String) throws {
      guard let media = media[address] else { return }
      try media.keepDatagrams()
      if watches[address] == nil { try watch(media, address) }
    }

    func send(_ bytes: [UInt8], to target: TransportAddress, from address: String) {
      media[address]?.send(bytes, to: target)
    }

    /// Sends digits: false where not all of them can wait, and none is taken.
    func dial(_ digits: String) -> Bool {
      guard let current, dialled.waiting + UInt64(digits.utf8.count) <= Self.mostDigits else { return false }
      dialled.taken += UInt64(current.dial(digits))
      tell(.digits(dialled))
      return true
    }

    private func noteDigits(of media: CallMedia) {
      let sent = media.sample().digitsSent
      guard sent != dialled.sent else { return }
      dialled.sent = sent
      tell(.digits(dialled))
    }

    /// nil leaves a device unchanged; an empty name is the default device.
    func use(microphone: String?, speaker: String?) {
      choose(microphone, .microphone, \.microphone)
      choose(speaker, .speaker, \.speaker)
      current?.use(microphone: microphone, speaker: speaker)
    }

    private func choose(
      _ name: String?, _ direction: MediaEvent.Direction, _ setting: WritableKeyPath<JoinSettings, String?>
    ) {
      guard let name else { return }
      let wanted = name.isEmpty ? nil : name
      guard wanted != settings[keyPath: setting] else { return }
      settings[keyPath: setting] = wanted
      // Report its absence again.
      away.remove(direction)
    }

    /// The recording of the previous process, or address.
    private func continueRecording(_ file: String) {
      settings.recording = nil
      do {
        try current?.startRecording(file, continues: true)
        recording = file
        tell(.recording(file))
      } catch { lose(recordingBecause: "\(error)") }
    }

    private func lose(recordingBecause why: String) {
      recording = nil
      tell(.recordingFailed(why))
    }

    func startRecording(_ file: String) throws(MediaError) {
      try current?.startRecording(file)
      recording = file
      tell(.recording(file))
    }

    func stopRecording() {
      guard recording != nil else { return }
      current?.stopRecording()
      recording = nil
      tell(.recording(nil))
    }

    func close() {
      ticker = nil
      watches = [:]
      for media in media.values { media.close() }
      media = [:]
    }

    private var current: CallMedia? { active.flatMap { media[$0] } }

    private func stop(_ address: String, before next: CallMedia) {
      before = sample
      settings.recording = recording
      watches[address] = nil
      checked[address] = nil
      guard let last = media.removeValue(forKey: address) else { return }
      next.takeStream(of: last)
      last.close()
    }

    private func watch(_ media: CallMedia, _ address: String) throws {
      watches[address] = try loop.watch(media.descriptor, for: .readable) { [unowned self, unowned media] _ in
        for event in media.dispatch() { happened(event, in: media) }
        for datagram in media.takeDatagrams() { onDatagram?(datagram, address) }
      }
    }

    private func happened(_ event: MediaEvent, in media: CallMedia) {
      switch event {
      case .started, .firstHeard, .devicesChanged: break
      case .digitSent:
        if media === current { noteDigits(of: media) }
      case .identityChanged: if media === current { tell(.identity(media.identity)) }
      case .deviceLost(let direction, let name):
        // If none was chosen, another one is just as good.
        guard name == asked(for: direction) else { break }
        complain("<4>the \(direction.rawValue) “\(name)” is not connected")
        away.insert(direction)
      case .deviceBack(let direction, let name):
        guard away.remove(direction) != nil else { break }
        complain("<5>the \(direction.rawValue) “\(name)” is connected")
      case .secured(let keys): if media === current { tell(.secured(keys)) }
      case .notSecured(let handshake, let why): if media === current { tell(.notSecured(handshake, why)) }
      case .recordingFailed(let why):
        lose(recordingBecause: why)
      case .failed(let why): complain("<4>\(why)")
      }
    }

    private func asked(for direction: MediaEvent.Direction) -> String? {
      direction == .microphone ? settings.microphone : settings.speaker
    }

    private func tick() {
      ticker =
        isRunning
        ? loop.timer(after: Self.period) { [unowned self] in
          tell(.sample(sample))
          tick()
        } : nil
    }

    /// Of the whole call, in this process. When the far end was last heard; see ``SIPLoop/now``.
    var heardAt: Int64? { current?.sample().heardAt }

    private var sample: MediaSample {
      var sample = current?.sample() ?? MediaSample()
      sample.sent += before.sent
      sample.received += before.received
      sample.lost += before.lost
      sample.controlReceived += before.controlReceived
      return sample
    }

    func counters(_ sample: MediaSample) -> MediaCounters {
      // A device that is about to be opened is not a change when it is.
      let away = sample.microphone == nil ? [] : away
      return MediaCounters(
        sent: sample.sent, received: sample.received, lost: sample.lost,
        roundTripMilliseconds: sample.roundTrip.map { UInt64(max(0, $0)) },
        codec: sample.codec.map { "\($0.name)/\($0.clockRate)" + ($0.channels > 1 ? "/\($0.channels)" : "") },
        jitterMilliseconds: UInt64(max(0, sample.jitter)), levelSent: sample.levelSent,
        levelReceived: sample.levelReceived,
        audio: AudioUse(
          microphone: sample.microphone, speaker: sample.speaker,
          fallback: MediaEvent.Direction.both.filter(away.contains).compactMap {
            AudioUse.Device(rawValue: $0.rawValue)
          }),
        echoCancellation: sample.echoCancellation, isSending: isSending, encryption: wanted?.plan?.encryption)
    }
  }

  extension MediaPlan {
    /// nil as long as a handshake has given no keys, and nothing is sent.
    fileprivate var encryption: String? {
      guard sendKey != nil else { return handshake == nil ? "" : nil }
      return handshake == nil ? "sdes" : "dtls"
    }
  }

  extension MediaEvent.Direction {
    static let both: [Self] = [.microphone, .speaker]
  }
#endif

// SPDX-License-Identifier: Apache-2.0
#if SIP
  internal import CCallMedia
  internal import Glibc
  public import SIPDialogs

  /// The sound of one call: RTP and RTCP on two ports, with a microphone and a speaker, or files instead.
  ///
  /// Call everything from one thread. Nothing waits for a device, a network or a disk, except ``stopRecording()`` and
  /// ``close()``, which wait for a disk for two seconds at most.
  public final class CallMedia {
    public struct Settings: Sendable {
      /// A numeric address of this machine; packets to other addresses are not heard.
      public var localAddress: String
      /// The ports of the previous process, which are used if they are free.
      public var preferredPorts: (rtp: UInt16, control: UInt16)?
      public var identity: StreamIdentity
      /// A WAV file that is played repeatedly, instead of the microphone.
      public var play: String?
      /// A file for the received sound, instead of the speaker; it is emptied unless ``continues``.
      public var record: String?
      /// A name in ``MediaDevice``; nil is the default device.
      public var microphone: String?
      public var speaker: String?
      /// The stream's name in the desktop's mixer.
      public var title: String
      public var muted: Bool
      /// Whether a previous process had this call.
      public var continues: Bool
      /// The last ``MediaSample/inboundRollovers`` of that process.
      public var inboundRollovers: UInt32

      public init(
        localAddress: String, preferredPorts: (rtp: UInt16, control: UInt16)? = nil, identity: StreamIdentity,
        play: String? = nil, record: String? = nil, microphone: String? = nil, speaker: String? = nil,
        title: String = "", muted: Bool = false, continues: Bool = false, inboundRollovers: UInt32 = 0
      ) {
        (self.localAddress, self.preferredPorts, self.identity) = (localAddress, preferredPorts, identity)
        (self.play, self.record, self.microphone, self.speaker) = (play, record, microphone, speaker)
        (self.title, self.muted, self.continues) = (title, muted, continues)
        self.inboundRollovers = inboundRollovers
      }
    }

    let media: OpaquePointer
    private var plan: MediaPlan?
    private var path = MediaPath.negotiated
    private(set) var isClosed = false

    /// Binds the ports and opens the files; no sound yet, and no GStreamer.
    public init(_ settings: Settings) throws(MediaError) {
      let preferred = settings.preferredPorts ?? (0, 0)
      guard let media = media_open(settings.localAddress, preferred.rtp, preferred.control) else {
        throw .noPorts(address: settings.localAddress, code: errno)
      }
      self.media = media
      var identity = settings.identity.forC
      media_set_identity(media, &identity)
      media_set_inbound_rollovers(media, settings.inboundRollovers)
      isMuted = settings.muted
      media_set_muted(media, settings.muted)
      media_set_title(media, settings.title)
      media_use_devices(media, settings.microphone ?? "", settings.speaker ?? "")
      var why = WhyNot()
      if let play = settings.play, !why.unless({ media_play(media, play, $0) }) { throw .play(why.text) }
      if let record = settings.record,
        !why.unless({ media_record_heard(media, record, settings.continues, $0) })
      {
        throw .record(why.text)
      }
    }

    deinit { close() }

    /// The even port for RTP, and the port for RTCP.
    public var ports: (rtp: UInt16, control: UInt16) {
      var ports: (rtp: UInt16, control: UInt16) = (0, 0)
      if !isClosed { media_ports(media, &ports.rtp, &ports.control) }
      return ports
    }

    /// What a successor continues from; it changes with ``MediaEvent/identityChanged``.
    public var identity: StreamIdentity {
      var identity = media_identity()
      if !isClosed { media_get_identity(media, &identity) }
      return StreamIdentity(identity)
    }

    /// Continues the stream of another object, which stops sending, because the call's sound now uses another address.
    public func takeStream(of other: CallMedia) {
      if !isClosed, !other.isClosed, other !== self { media_take_stream(media, other.media) }
    }

    /// Starts the sound, or changes it without a gap; nil sends an RTCP BYE to the far end, and ends it.
    ///
    /// - Parameter certificate: This end's, if the plan has a handshake that has not been made.
    public func apply(
      _ plan: MediaPlan?, by path: MediaPath = .negotiated, certificate: Certificate? = nil
    ) throws(MediaError) {
      guard !isClosed else { return }
      guard let plan else {
        media_stop(media)
        self.plan = nil
        return
      }
      guard plan != self.plan || path != self.path else { return }
      var wanted = try plan.forC()
      try wanted.go(path)
      if plan.handshake != nil, plan.sendKey == nil {
        guard var own = certificate?.forC else { throw .plan("there is no certificate for the handshake") }
        media_set_certificate(media, &own)
      }
      var why = WhyNot()
      guard why.unless({ media_apply(media, &wanted, $0) }) else { throw .plan(why.text) }
      (self.plan, self.path) = (plan, path)
    }

    /// Sends silence instead of the microphone; packets continue.
    public var isMuted: Bool {
      didSet { if !isClosed { media_set_muted(media, isMuted) } }
    }

    /// Sends digits one after the other: as telephone events if the plan has them, otherwise as tones.
    ///
    /// A comma is a pause of two seconds; other characters are ignored. Returns how many were taken: 64 may wait.
    @discardableResult
    public func dial(_ digits: String) -> Int {
      guard !isClosed else { return 0 }
      return digits.utf8.count { media_dial(media, CChar(bitPattern: $0 >= 0x61 && $0 <= 0x64 ? $0 - 0x20 : $0)) }
    }

    /// Chooses devices by their names in ``MediaDevice``; an empty name is the default device, nil leaves it unchanged.
    public func use(microphone: String? = nil, speaker: String? = nil) {
      if !isClosed { media_use_devices(media, microphone, speaker) }
    }

    /// Records both directions to one file, with sent sound on the left: WAV, or Opus if the name ends in `.ogg`.
    ///
    /// An existing file is not overwritten, unless a successor continues it.
    public func startRecording(_ file: String, continues: Bool = false) throws(MediaError) {
      guard !isClosed else { return }
      var why = WhyNot()
      guard why.unless({ media_start_recording(media, file, continues, $0) }) else { throw .record(why.text) }
    }

    public func stopRecording() {
      if !isClosed { media_stop_recording(media) }
    }

    /// Readable when ``dispatch()`` has events; valid until ``close()``.
    public var descriptor: Int32 { isClosed ? -1 : media_descriptor(media) }

    public func dispatch() -> [MediaEvent] {
      var events: [MediaEvent] = []
      while !isClosed {
        let event = media_next_event(media)
        if event.kind == MEDIA_EVENT_NONE { break }
        if event.kind == MEDIA_EVENT_HANDSHAKE {
          if let event = handshakeEvent { events.append(event) }
        } else if let event = MediaEvent(event) {
          events.append(event)
        }
      }
      return events
    }

    /// What has become of the current plan's handshake.
    private var handshakeEvent: MediaEvent? {
      guard let handshake = plan?.handshake else { return nil }
      var (send, receive) = (media_key(), media_key())
      var result = MEDIA_HANDSHAKE_RUNS
      var why = WhyNot()
      _ = why.unless {
        result = media_get_handshake(media, &send, &receive, $0)
        return result != MEDIA_HANDSHAKE_FAILED
      }
      switch result {
      case MEDIA_HANDSHAKE_DONE:
        return .secured(
          HandshakeKeys(handshake: handshake, sendKey: MediaPlan.Key(send), receiveKey: MediaPlan.Key(receive)))
      case MEDIA_HANDSHAKE_FAILED: return .notSecured(handshake, why.text)
      default: return nil
      }
    }

    public func sample() -> MediaSample {
      guard !isClosed else { return MediaSample() }
      var sample = media_sample()
      media_get_sample(media, &sample)
      return MediaSample(sample, plan)
    }

    /// Ends the sound without a BYE, and releases the ports.
    public func close() {
      guard !isClosed else { return }
      isClosed = true
      media_close(media)
    }
  }
#endif

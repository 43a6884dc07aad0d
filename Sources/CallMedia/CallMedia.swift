// SPDX-License-Identifier: Apache-2.0
#if SIP
  internal import CCallMedia
  internal import Glibc
  public import SIPDialogs

  /// The sound of one call: RTP and RTCP on two ports, a microphone and a loudspeaker, or files in their place.
  ///
  /// All of it is called from one thread, and nothing of it waits for a device, a network or a disk, but
  /// ``stopRecording()`` and ``close()``, which wait two seconds at most for a disk.
  public final class CallMedia {
    public struct Settings: Sendable {
      /// A numeric address of this machine: what comes to others is not heard.
      public var localAddress: String
      /// Those of the process before this one, which are taken if they are free.
      public var preferredPorts: (rtp: UInt16, control: UInt16)?
      public var identity: StreamIdentity
      /// A WAV file that is sent again and again, in place of the microphone.
      public var play: String?
      /// A file that what is heard goes to, in place of the loudspeaker; it is emptied unless ``continues``.
      public var record: String?
      /// Names as in ``MediaDevice``; nil: the default one.
      public var microphone: String?
      public var speaker: String?
      /// What the desktop's mixer calls the stream.
      public var title: String
      public var muted: Bool
      /// Whether another process had this call before.
      public var continues: Bool
      /// ``MediaSample/inboundRollovers`` as that one said last.
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
    private var isClosed = false

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

    /// The even one for RTP, and that for RTCP.
    public var ports: (rtp: UInt16, control: UInt16) {
      var ports: (rtp: UInt16, control: UInt16) = (0, 0)
      if !isClosed { media_ports(media, &ports.rtp, &ports.control) }
      return ports
    }

    /// What a successor goes on from; it changes with ``MediaEvent/identityChanged``.
    public var identity: StreamIdentity {
      var identity = media_identity()
      if !isClosed { media_get_identity(media, &identity) }
      return StreamIdentity(identity)
    }

    /// Goes on with the stream of another one, which sends no more: that call's sound goes from another address now.
    public func takeStream(of other: CallMedia) {
      if !isClosed, !other.isClosed, other !== self { media_take_stream(media, other.media) }
    }

    /// Starts the sound, or changes it without a pause; nil says goodbye to the far end (RTCP BYE) and ends it.
    public func apply(_ plan: MediaPlan?) throws(MediaError) {
      guard !isClosed else { return }
      guard let plan else {
        media_stop(media)
        self.plan = nil
        return
      }
      guard plan != self.plan else { return }
      var wanted = try plan.forC()
      var why = WhyNot()
      guard why.unless({ media_apply(media, &wanted, $0) }) else { throw .plan(why.text) }
      self.plan = plan
    }

    /// Silence is sent in place of the microphone; packets go on.
    public var isMuted: Bool {
      didSet { if !isClosed { media_set_muted(media, isMuted) } }
    }

    /// Sends digits, one after the other: as telephone events where the plan has them, as tones else.
    ///
    /// A comma is a pause of two seconds; what is no digit is left out. Says how many were taken: 64 may wait.
    @discardableResult
    public func dial(_ digits: String) -> Int {
      guard !isClosed else { return 0 }
      return digits.utf8.count { media_dial(media, CChar(bitPattern: $0 >= 0x61 && $0 <= 0x64 ? $0 - 0x20 : $0)) }
    }

    /// Devices by their names in ``MediaDevice``; empty is the default one, nil leaves it as it is.
    public func use(microphone: String? = nil, speaker: String? = nil) {
      if !isClosed { media_use_devices(media, microphone, speaker) }
    }

    /// Both directions into one file, what is sent on the left: WAV, or Opus where the name ends in `.ogg`.
    ///
    /// A file that is there already is not written over, unless a successor continues it.
    public func startRecording(_ file: String, continues: Bool = false) throws(MediaError) {
      guard !isClosed else { return }
      var why = WhyNot()
      guard why.unless({ media_start_recording(media, file, continues, $0) }) else { throw .record(why.text) }
    }

    public func stopRecording() {
      if !isClosed { media_stop_recording(media) }
    }

    /// Readable when ``dispatch()`` has something to tell; valid until ``close()``.
    public var descriptor: Int32 { isClosed ? -1 : media_descriptor(media) }

    public func dispatch() -> [MediaEvent] {
      var events: [MediaEvent] = []
      while !isClosed {
        let event = media_next_event(media)
        if event.kind == MEDIA_EVENT_NONE { break }
        if let event = MediaEvent(event) { events.append(event) }
      }
      return events
    }

    public func sample() -> MediaSample {
      guard !isClosed else { return MediaSample() }
      var sample = media_sample()
      media_get_sample(media, &sample)
      return MediaSample(sample, plan)
    }

    /// Ends the sound without a goodbye, and gives the ports back.
    public func close() {
      guard !isClosed else { return }
      isClosed = true
      media_close(media)
    }
  }
#endif

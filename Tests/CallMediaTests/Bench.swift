// SPDX-License-Identifier: Apache-2.0
#if SIP
  import CallMedia
  import Glibc
  import SIPDialogs
  import Testing

  /// One after the other: what is measured here is time, too.
  @Suite(.serialized) enum MediaTests {}

  /// Looks until something is true, and fails where that takes too long.
  func wait(_ what: String, seconds: Double = 5, until condition: () -> Bool) {
    let limit = ContinuousClock.now + .seconds(seconds)
    while !condition() {
      guard ContinuousClock.now < limit else {
        Issue.record("waited \(seconds) s in vain for \(what)")
        return
      }
      poll(nil, 0, 2)
    }
  }

  let loopback = "127.0.0.1"

  enum Codecs {
    static let opus = Codec("opus", clockRate: 48000, channels: 2, payloadType: 96, parameters: "useinbandfec=1")
    static let g722 = Codec("G722", clockRate: 8000, payloadType: 9)
    static let pcmu = Codec("PCMU", clockRate: 8000, payloadType: 0)
    static let pcma = Codec("PCMA", clockRate: 8000, payloadType: 8)
    static let all = [opus, g722, pcmu, pcma]

    static func digits(_ codec: Codec) -> Codec {
      Codec("telephone-event", clockRate: codec.clockRate, payloadType: 101)
    }
  }

  /// Where sound is to go, and must come from.
  struct Place {
    var media: MediaPlan.Address
    var control: MediaPlan.Address

    init(_ ports: (rtp: UInt16, control: UInt16)) {
      (media, control) = (.init(loopback, ports.rtp), .init(loopback, ports.control))
    }
  }

  func plan(_ codec: Codec, _ direction: MediaPlan.Direction = .sendrecv, with place: Place) -> MediaPlan {
    MediaPlan(
      codec: codec, accepted: [codec], digits: Codecs.digits(codec), direction: direction, remote: place.media,
      remoteControl: place.control)
  }

  /// Files of one test, gone with it.
  final class Folder {
    let path: String

    init() throws {
      var name = Array("/tmp/call-media-XXXXXX".utf8CString)
      guard let made = mkdtemp(&name) else { throw MediaError.play("no temporary folder") }
      path = String(cString: made)
    }

    deinit {
      for name in ["tone.wav", "heard.wav"] { unlink("\(path)/\(name)") }
      rmdir(path)
    }

    /// A second of 500 Hz at −12 dB of the highest, in 16,000 samples.
    func tone() throws -> String {
      let rate = 16000
      func little(_ value: Int, _ bytes: Int) -> [UInt8] {
        (0..<bytes).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
      }
      var bytes = Array("RIFF".utf8) + little(36 + 2 * rate, 4) + Array("WAVEfmt ".utf8) + little(16, 4)
      bytes += little(1, 2) + little(1, 2) + little(rate, 4) + little(2 * rate, 4) + little(2, 2) + little(16, 2)
      bytes += Array("data".utf8) + little(2 * rate, 4)
      for index in 0..<rate {
        bytes += little(Int(8192 * sin(2 * Double.pi * 500 * Double(index) / Double(rate))), 2)
      }
      let file = "\(path)/tone.wav"
      let opened = fopen(file, "w")
      guard let opened, fwrite(bytes, 1, bytes.count, opened) == bytes.count else { throw MediaError.play(file) }
      fclose(opened)
      return file
    }
  }

  /// One end of a call, which says a tone and writes down what it hears: no devices are asked.
  final class End {
    let media: CallMedia
    private let folder: Folder
    private(set) var events: [MediaEvent] = []

    init(
      ports: (rtp: UInt16, control: UInt16)? = nil, identity: StreamIdentity? = nil, muted: Bool = false,
      inboundRollovers: UInt32 = 0
    ) throws {
      folder = try Folder()
      media = try CallMedia(
        .init(
          localAddress: loopback, preferredPorts: ports, identity: identity ?? End.newIdentity,
          play: try folder.tone(), record: "\(folder.path)/heard.wav", muted: muted,
          inboundRollovers: inboundRollovers))
    }

    var place: Place { Place(media.ports) }
    var sample: MediaSample { media.sample() }

    /// The events so far.
    func look() -> [MediaEvent] {
      events += media.dispatch()
      return events
    }

    static var newIdentity: StreamIdentity { newIdentity(firstSequence: 65530) }

    static func newIdentity(firstSequence: UInt16) -> StreamIdentity {
      var now = timespec()
      clock_gettime(CLOCK_BOOTTIME, &now)
      return StreamIdentity(
        source: .random(in: 1...UInt32.max), firstSequence: firstSequence, firstTimestamp: .max - 1000,
        epoch: Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000)
    }
  }

  /// Two ends that call each other.
  func pair(_ plan: (Place) -> MediaPlan) throws -> (near: End, far: End) {
    let (near, far) = (try End(), try End())
    try near.media.apply(plan(far.place))
    try far.media.apply(plan(near.place))
    return (near, far)
  }
#endif

// SPDX-License-Identifier: Apache-2.0
#if SIP
  internal import CCallMedia
  internal import SIPDialogs

  /// Room for a reason from C.
  struct WhyNot {
    private(set) var text = ""

    mutating func unless(_ body: (UnsafeMutablePointer<CChar>) -> Bool) -> Bool {
      withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { room in
        // Never nil: the capacity is above 0.
        guard let start = room.baseAddress else { return false }
        start.initialize(repeating: 0, count: 256)
        let done = body(start)
        if !done { text = String(cString: start) }
        return done
      }
    }
  }

  /// The text in a zero-terminated array of bytes.
  func text<Bytes>(in bytes: Bytes) -> String {
    withUnsafeBytes(of: bytes) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }

  extension StreamIdentity {
    var forC: media_identity {
      media_identity(
        source: source, first_timestamp: firstTimestamp, first_sequence: firstSequence, epoch: epoch)
    }

    init(_ identity: media_identity) {
      self.init(
        source: identity.source, firstSequence: identity.first_sequence, firstTimestamp: identity.first_timestamp,
        epoch: identity.epoch)
    }
  }

  extension Codec {
    /// nil: unknown.
    var encoding: media_encoding? {
      switch (name.lowercased(), clockRate, channels) {
      case ("opus", 48000, 2): MEDIA_OPUS
      case ("g722", 8000, 1): MEDIA_G722
      case ("pcmu", 8000, 1): MEDIA_PCMU
      case ("pcma", 8000, 1): MEDIA_PCMA
      case ("speex", 8000, 1), ("speex", 16000, 1): MEDIA_SPEEX
      case ("gsm", 8000, 1): MEDIA_GSM
      default: nil
      }
    }

    /// The value of `name=` among the parameters of `a=fmtp`.
    private func parameter(_ name: String) -> Substring? {
      for part in parameters.split(separator: ";") {
        let pair = part.split(separator: "=", maxSplits: 1)
        if pair.count == 2, pair[0].trimmed.lowercased() == name { return pair[1].trimmed }
      }
      return nil
    }

    func forC() throws(MediaError) -> media_codec {
      // Whether its element is installed shows when it is created: asking GStreamer now would delay the first packet.
      guard let encoding else { throw .unknownCodec("\(name)/\(clockRate)/\(channels)") }
      return media_codec(
        encoding: encoding, payload_type: payloadType, clock: clockRate,
        // Every decoder supports it; only a far end that refuses it goes without.
        fec: parameter("useinbandfec") != "0",
        dtx: parameter("usedtx") == "1",
        bitrate: parameter("maxaveragebitrate").flatMap { UInt32($0) } ?? 0,
        bandwidth: parameter("maxplaybackrate").flatMap { UInt32($0) } ?? 0)
    }
  }

  extension Substring {
    fileprivate var trimmed: Substring {
      var text = self
      while text.first == " " { text.removeFirst() }
      while text.last == " " { text.removeLast() }
      return text
    }
  }

  extension MediaPlan {
    func forC() throws(MediaError) -> media_plan {
      var plan = media_plan()
      plan.codec = try codec.forC()
      for codec in accepted {
        // What cannot be decoded is not heard; the rest is.
        guard let codec = try? codec.forC() else { continue }
        guard media_plan_accept(&plan, codec) else { break }
      }
      plan.digits = digits.map { Int32($0.payloadType) } ?? -1
      plan.digits_clock = digits?.clockRate ?? 8000
      plan.noise = comfortNoise.map { Int32($0.payloadType) } ?? -1
      (plan.sends, plan.receives) = (direction.sends, direction.receives)
      plan.packet_time = packetTime
      guard media_plan_set_remote(&plan, remote.host, remote.port) else { throw .plan("\(remote.host) is no address") }
      if let signaller {
        guard media_plan_set_signaller(&plan, signaller) else { throw .plan("\(signaller) is no address") }
      }
      if let remoteControl {
        guard media_plan_set_remote_control(&plan, remoteControl.host, remoteControl.port) else {
          throw .plan("\(remoteControl.host) is no address")
        }
      }
      plan.send_key = try sendKey?.forC() ?? media_key()
      plan.receive_key = try receiveKey?.forC() ?? media_key()
      if let handshake {
        let fits =
          media_plan_set_handshake(&plan, handshake.isActive, handshake.association, handshake.farID ?? "")
          && handshake.fingerprints.allSatisfy {
            media_plan_add_fingerprint(&plan, $0.hash, $0.digest, Int32($0.digest.count))
          }
        guard fits else { throw .plan("the far end's certificate cannot be checked by its fingerprints") }
      }
      return plan
    }
  }

  extension Certificate {
    /// nil: it is too long.
    var forC: media_certificate? {
      var certificate = media_certificate()
      let fits = media_certificate_set(
        &certificate, self.certificate, Int32(self.certificate.count), key, Int32(key.count))
      return fits ? certificate : nil
    }
  }

  extension MediaPlan.Key {
    init(_ key: media_key) {
      let material = withUnsafeBytes(of: key.material) { Array($0.prefix(Int(key.size))) }
      self.init(suite: text(in: key.suite), material: material)
    }
    fileprivate func forC() throws(MediaError) -> media_key {
      var key = media_key()
      guard media_key_set(&key, suite, material, Int32(material.count)) else {
        throw .plan("the key for the encryption suite \(suite) has \(material.count) bytes, which is no size of a key")
      }
      return key
    }
  }

  extension MediaEvent {
    init?(_ event: media_event) {
      let text = text(in: event.text)
      let direction: Direction = event.speaker ? .speaker : .microphone
      switch event.kind {
      case MEDIA_EVENT_STARTED: self = .started
      case MEDIA_EVENT_FIRST_HEARD: self = .firstHeard
      case MEDIA_EVENT_IDENTITY: self = .identityChanged
      case MEDIA_EVENT_DEVICE_LOST: self = .deviceLost(direction, name: text)
      case MEDIA_EVENT_DEVICE_BACK: self = .deviceBack(direction, name: text)
      case MEDIA_EVENT_DEVICES: self = .devicesChanged
      case MEDIA_EVENT_DIGIT: self = .digitSent
      case MEDIA_EVENT_RECORDING_FAILED: self = .recordingFailed(text)
      case MEDIA_EVENT_FAILED: self = .failed(text)
      default: return nil
      }
    }
  }

  extension MediaSample {
    init(_ sample: media_sample, _ plan: MediaPlan?) {
      (sent, received, lost) = (sample.sent, sample.received, sample.lost)
      (controlReceived, foreign) = (sample.control_received, sample.foreign)
      lastHeard = sample.last_heard == 0 ? nil : sample.last_heard
      lastControlHeard = sample.last_control_heard == 0 ? nil : sample.last_control_heard
      (jitter, delay) = (Int(sample.jitter_ms), Int(sample.delay_ms))
      roundTrip = sample.round_trip_ms < 0 ? nil : Int(sample.round_trip_ms)
      farLossPercent = sample.far_loss_percent < 0 ? nil : Int(sample.far_loss_percent)
      (levelSent, levelReceived) = (Int(sample.level_sent), Int(sample.level_received))
      (concealed, digitsReceived) = (sample.concealed_ms, sample.digits_received)
      digitsSent = sample.digits_sent
      codec = plan?.codec
      receivedCodec = plan?.accepted.first { Int32($0.payloadType) == sample.received_type }
      inboundRollovers = sample.inbound_rollovers
      if sample.devices_known { (microphone, speaker) = (text(in: sample.microphone), text(in: sample.speaker)) }
      echoCancellation = sample.echo_cancellation
    }
  }
#endif

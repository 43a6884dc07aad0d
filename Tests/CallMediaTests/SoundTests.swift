// SPDX-License-Identifier: Apache-2.0
#if SIP
  import CallMedia
  import SIPDialogs
  import Testing

  extension MediaTests {
    /// What one end says, and another hears.
    @Suite struct SoundTests {
      @Test(arguments: Codecs.all)
      func codecCarriesSoundBothWays(_ codec: Codec) throws {
        let (near, far) = try pair { plan(codec, with: $0) }
        for end in [near, far] {
          wait("sound by \(codec.name)") { end.sample.received >= 25 && end.sample.levelReceived > -20 }
          #expect(end.look().contains(.started) && end.look().contains(.firstHeard))
          let sample = end.sample
          #expect(abs(sample.levelReceived - sample.levelSent) <= 2)
          #expect(sample.sent >= 24)
          #expect(sample.lost == 0 && sample.foreign == 0 && sample.jitter < 20)
          #expect(sample.codec == codec && sample.receivedCodec == codec)
          #expect(sample.lastHeard != nil)
          // Files are in the place of both devices.
          #expect(sample.microphone == "" && sample.speaker == "" && !sample.echoCancellation)
        }
      }

      @Test func everyCodecOfTheseIsAvailable() {
        let available = CallMedia.availableCodecs()
        for codec in Codecs.all { #expect(available.contains { $0.isSameEncoding(as: codec) }) }
        #expect(Set(available.map(\.payloadType)).count == available.count)
      }

      @Test(arguments: [Codecs.pcmu, Codecs.opus])
      func digitsAreEventsAndAreCounted(_ codec: Codec) throws {
        let (near, far) = try pair { plan(codec, with: $0) }
        #expect(near.media.dial("1x2#") == 3)
        wait("three digits") { far.sample.digitsReceived == 3 }
        wait("sound after them") { far.sample.receivedCodec == codec }
        #expect(far.sample.lost == 0 && near.sample.digitsReceived == 0 && near.sample.digitsSent == 3)
      }

      @Test func theEndOfTheSoundEndsADigit() throws {
        let wire = Wire()
        let end = try End(muted: true)
        try end.media.apply(plan(Codecs.pcmu, with: Place(wire.ports)))
        wait("sound") { !wire.heard().isEmpty }
        end.media.dial("12")
        let isDigit = { (packet: Wire.Packet) in packet.type == Codecs.digits(Codecs.pcmu).payloadType }
        wait("a digit") { wire.heard().contains(where: isDigit) }
        try end.media.apply(nil)
        wait("the goodbye") { wire.reportTypes().contains { $0.contains(203) } }
        let last = wire.heard().filter(isDigit).suffix(3)
        #expect(last.allSatisfy { $0.payload[$0.payload.startIndex + 1] & 0x80 != 0 })
        #expect(Set(last.map(\.timestamp)).count == 1 && Set(last.map { Array($0.payload) }).count == 1)
        #expect(last.count == 3 && wire.heard().isContiguous)
        #expect(end.media.sample().digitsSent >= 1)
      }

      @Test func digitsAreTonesWithoutEvents() throws {
        let far = try End()
        let near = try End(muted: true)
        for (end, place) in [(near, far.place), (far, near.place)] {
          var plan = plan(Codecs.pcmu, with: place)
          plan.digits = nil
          try end.media.apply(plan)
        }
        wait("silence") { far.sample.received >= 10 }
        #expect(far.sample.levelReceived == -127)
        near.media.dial("5")
        wait("a tone") { far.sample.levelReceived > -20 }
        #expect(far.sample.digitsReceived == 0)
        wait("its end") { near.sample.digitsSent == 1 }
      }

      @Test func noMoreDigitsThanFit() throws {
        let end = try End()
        #expect(end.media.dial(String(repeating: "1", count: 100)) == 64)
      }

      @Test func muteIsSilenceOnTheWire() throws {
        let wire = Wire()
        let end = try End(muted: true)
        try end.media.apply(plan(Codecs.pcmu, with: Place(wire.ports)))
        wait("packets") { wire.heard().count >= 10 }
        #expect(wire.heard().allSatisfy { $0.payload.allSatisfy { $0 == 0xFF || $0 == 0x7F } })
        #expect(end.sample.levelSent == -127)
        end.media.isMuted = false
        wait("sound") { wire.heard().last?.payload.contains { $0 != 0xFF && $0 != 0x7F } ?? false }
        end.media.isMuted = true
        wait("silence") { wire.heard().last?.payload.allSatisfy { $0 == 0xFF || $0 == 0x7F } ?? false }
        #expect(wire.heard().isContiguous && wire.heard().growsInTime)
      }
    }
  }
#endif

// SPDX-License-Identifier: Apache-2.0
#if SIP
  import CallMedia
  import SIPDialogs
  import Testing

  extension MediaTests {
    /// Keys that come from a handshake.
    @Suite struct HandshakeTests {
      private static func fingerprint(of certificate: Certificate) -> Fingerprint {
        Fingerprint(hash: "sha-256", digest: certificate.digest)
      }

      /// Two ends with a network between them, of which the near one begins.
      private final class Call {
        let relay = Relay()
        let (near, far): (End, End)
        let own: (near: Certificate, far: Certificate)
        var handshakes: (near: MediaPlan.Handshake, far: MediaPlan.Handshake)

        init(_ near: End? = nil, _ far: End? = nil) throws {
          // Whoever misses the first packets cannot know that their numbers have begun anew.
          let identity = { End.newIdentity(firstSequence: .random(in: 0...0x7FFF)) }
          (self.near, self.far) = (try near ?? End(identity: identity()), try far ?? End(identity: identity()))
          own = (try #require(CallMedia.makeCertificate()), try #require(CallMedia.makeCertificate()))
          handshakes = (
            .init(isActive: true, fingerprints: [fingerprint(of: own.far)]),
            .init(isActive: false, fingerprints: [fingerprint(of: own.near)])
          )
          relay.connect(self.near, self.far)
        }

        func plan(_ place: Place, _ handshake: MediaPlan.Handshake, _ direction: MediaPlan.Direction) -> MediaPlan {
          var plan = CallMediaTests.plan(Codecs.pcmu, direction, with: place)
          (plan.handshake, plan.remoteControl) = (handshake, nil)
          return plan
        }

        var nearPlan: MediaPlan { plan(relay.near, handshakes.near, .sendrecv) }
        var farPlan: MediaPlan { plan(relay.far, handshakes.far, .sendrecv) }

        func begin(_ direction: MediaPlan.Direction = .sendrecv) throws {
          try far.media.apply(plan(relay.far, handshakes.far, direction), certificate: own.far)
          try near.media.apply(plan(relay.near, handshakes.near, direction), certificate: own.near)
        }

        func wait(_ what: String, seconds: Double = 5, until condition: () -> Bool) {
          CallMediaTests.wait(what, seconds: seconds) {
            relay.run()
            return condition()
          }
        }

        func keys(of end: End) -> HandshakeKeys? {
          for case .secured(let keys) in end.look().reversed() { return keys }
          return nil
        }

        func failure(of end: End) -> String? {
          for case .notSecured(_, let why) in end.look() { return why }
          return nil
        }
      }

      @Test func bothEndsAgreeOnKeys() throws {
        let call = try Call()
        try call.begin()
        call.wait("sound both ways") { call.near.sample.received >= 20 && call.far.sample.received >= 20 }
        #expect(call.near.sample.levelReceived > -20 && call.far.sample.levelReceived > -20)
        call.wait("reports") { call.near.sample.controlReceived > 0 && call.far.sample.controlReceived > 0 }
        let (near, far) = (try #require(call.keys(of: call.near)), try #require(call.keys(of: call.far)))
        #expect(near.sendKey == far.receiveKey && near.receiveKey == far.sendKey && near.sendKey != near.receiveKey)
        #expect(near.sendKey.suite == "AEAD_AES_256_GCM" && near.handshake == call.handshakes.near)
        #expect(call.relay.handshake.allSatisfy { $0.count <= 1200 })
        // Equal bytes of a tone in PCMU repeat; what is encrypted does not.
        #expect(call.relay.sound.allSatisfy { $0.count == 12 + 160 + 16 && Set($0[12...]).count > 60 })
      }

      @Test func handshakeNeedsNoSound() throws {
        let call = try Call()
        try call.begin(.inactive)
        call.wait("keys") { call.keys(of: call.near) != nil && call.keys(of: call.far) != nil }
        #expect(call.relay.sound.isEmpty)
        let count = call.relay.handshake.count
        try call.begin()
        call.wait("sound") { call.near.sample.received >= 5 && call.far.sample.received >= 5 }
        #expect(call.relay.handshake.count == count, "it must not begin anew")
      }

      /// However long it has rung: to the far end, no numbers have begun anew.
      @Test func aLateHandshakeBeginsTheStream() throws {
        var identity = End.newIdentity(firstSequence: 100)
        identity.epoch -= 1500 * 1000
        let call = try Call(End(identity: identity))
        try call.begin()
        call.wait("sound both ways") { call.near.sample.received >= 10 && call.far.sample.received >= 10 }
        #expect(call.near.media.identity.epoch > identity.epoch + 1500 * 1000)
      }

      @Test(arguments: [
        "each first datagram is lost", "each other datagram is lost", "neighbours change places", "all come twice",
        "the last message is lost",
      ])
      func aBadNetworkOnlyDelays(_ what: String) throws {
        let call = try Call()
        var isLost = false
        call.relay.fate = { [unowned call] isNear, number in
          switch what {
          case "each first datagram is lost": number == 0 ? .lost : .passed
          case "each other datagram is lost": number < 8 && number.isMultiple(of: 2) ? .lost : .passed
          case "neighbours change places": number < 8 && number.isMultiple(of: 2) ? .late : .passed
          case "all come twice": .doubled
          default:
            // The passive end has its keys with it, the active one only hears of it.
            if !isNear, !isLost, call.keys(of: call.far) != nil {
              (isLost = true, .lost).1
            } else {
              .passed
            }
          }
        }
        try call.begin()
        call.wait("sound both ways, though \(what)", seconds: 15) {
          call.near.sample.received >= 10 && call.far.sample.received >= 10
        }
      }

      @Test func anotherCertificateIsRefused() throws {
        for isNear in [true, false] {
          let call = try Call()
          let stranger = try #require(CallMedia.makeCertificate())
          if isNear {
            call.handshakes.near.fingerprints = [Self.fingerprint(of: stranger)]
          } else {
            call.handshakes.far.fingerprints = [Self.fingerprint(of: stranger)]
          }
          try call.begin()
          let (doubter, other) = isNear ? (call.near, call.far) : (call.far, call.near)
          call.wait("both to fail") { call.failure(of: doubter) != nil && call.failure(of: other) != nil }
          #expect(call.failure(of: doubter)?.contains("not the one that its session description names") == true)
          #expect(call.keys(of: doubter) == nil && doubter.sample.sent == 0 && doubter.sample.received == 0)
          #expect(call.relay.sound.isEmpty)
        }
      }

      @Test func oneOfSeveralFingerprintsIsEnough() throws {
        let call = try Call()
        let stranger = try #require(CallMedia.makeCertificate())
        call.handshakes.near.fingerprints = [Self.fingerprint(of: stranger), Self.fingerprint(of: call.own.far)]
        try call.begin()
        call.wait("keys") { call.keys(of: call.near) != nil }
      }

      @Test func nothingIsSentOrHeardBeforeThereAreKeys() throws {
        let (wire, end) = (Wire(), try End())
        let certificate = try #require(CallMedia.makeCertificate())
        var plan = plan(Codecs.pcmu, with: Place(wire.ports))
        plan.handshake = .init(isActive: true, fingerprints: [Self.fingerprint(of: certificate)])
        try end.media.apply(plan, certificate: certificate)
        wait("the first message again") {
          wire.speak(to: end.media.ports.rtp)
          return wire.heard().count >= 3
        }
        #expect(wire.heard().allSatisfy { $0.bytes[0] == 22 })
        #expect(wire.reportTypes().isEmpty)
        #expect(end.sample.received == 0 && end.sample.sent == 0 && end.sample.levelReceived == -127)
      }

      @Test func rubbishDisturbsNothing() throws {
        let call = try Call()
        try call.begin()
        call.wait("sound both ways") {
          for head: UInt8 in [20, 21, 22, 23, 63] {
            let bytes = [head, 0xFE, 0xFD] + (0..<40).map { _ in UInt8.random(in: 0...255) }
            Wire.send(bytes, by: call.relay.socket, to: call.near.media.ports.rtp)
          }
          return call.near.sample.received >= 10 && call.far.sample.received >= 10
        }
      }

      /// Whoever can send by the far end's address can break a handshake (RFC 6347, 4.1.2.7), but nothing else.
      @Test func whatIsNearlyAHandshakeOpensNothing() throws {
        var done = 0
        for round in 0..<80 {
          let call = try Call()
          call.relay.fate = { isNear, number in
            isNear == round.isMultiple(of: 2) && number == round / 2 % 4 ? .spoiled : .passed
          }
          try call.begin(.inactive)
          let end = ContinuousClock.now + .milliseconds(400)
          while ContinuousClock.now < end, call.keys(of: call.near) == nil || call.keys(of: call.far) == nil {
            call.relay.run()
            if call.failure(of: call.near) != nil || call.failure(of: call.far) != nil { break }
          }
          guard let near = call.keys(of: call.near), let far = call.keys(of: call.far) else { continue }
          #expect(near.sendKey == far.receiveKey && near.receiveKey == far.sendKey)
          done += 1
        }
        #expect(done > 0)
      }

      @Test func aSuccessorGoesOnWithTheKeys() throws {
        let identities = (0..<2).map { _ in End.newIdentity(firstSequence: 65500) }
        let call = try Call(End(identity: identities[0]), End(identity: identities[1]))
        try call.begin()
        // The numbers begin anew after 36 packets: a successor must know of it.
        call.wait("sound both ways") { call.far.sample.received >= 50 }
        let keys = try #require(call.keys(of: call.near))
        let (ports, identity, rollovers) = (
          call.near.media.ports, call.near.media.identity, call.near.sample.inboundRollovers
        )
        call.near.media.close()
        let before = (call.far.sample.received, call.relay.handshake.count)
        let successor = try End(ports: ports, identity: identity, inboundRollovers: rollovers)
        var plan = call.nearPlan
        (plan.sendKey, plan.receiveKey) = (keys.sendKey, keys.receiveKey)
        try successor.media.apply(plan, certificate: call.own.near)
        call.wait("sound of the successor") {
          call.far.sample.received >= before.0 + 20 && successor.sample.levelReceived > -20
        }
        #expect(call.relay.handshake.count == before.1)
      }

      @Test func anotherAssociationIsAnotherHandshake() throws {
        let call = try Call()
        try call.begin()
        call.wait("sound both ways") { call.near.sample.received >= 10 && call.far.sample.received >= 10 }
        let first = try #require(call.keys(of: call.near))
        (call.handshakes.near.association, call.handshakes.far.association) = (2, 2)
        (call.handshakes.near.isActive, call.handshakes.far.isActive) = (false, true)
        try call.begin()
        call.wait("other keys") { call.keys(of: call.near)?.handshake.association == 2 }
        let second = try #require(call.keys(of: call.near))
        #expect(second.sendKey != first.sendKey)
        let count = (call.near.sample.received, call.far.sample.received)
        call.wait("sound with them") {
          call.near.sample.received >= count.0 + 10 && call.far.sample.received >= count.1 + 10
        }
      }

      @Test func thePlanWithTheKeysChangesNothing() throws {
        let call = try Call()
        try call.begin()
        call.wait("keys") { call.keys(of: call.near) != nil && call.keys(of: call.far) != nil }
        for (end, plan) in [(call.near, call.nearPlan), (call.far, call.farPlan)] {
          var keyed = plan
          let keys = try #require(call.keys(of: end))
          (keyed.sendKey, keyed.receiveKey) = (keys.sendKey, keys.receiveKey)
          try end.media.apply(keyed)
          keyed.direction = .sendonly
          try end.media.apply(keyed)
          keyed.direction = .sendrecv
          try end.media.apply(nil)
          try end.media.apply(keyed)
        }
        call.wait("sound both ways") { call.near.sample.received >= 20 && call.far.sample.received >= 20 }
      }
    }
  }
#endif

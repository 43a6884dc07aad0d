// SPDX-License-Identifier: Apache-2.0
#if SIP
  import CallMedia
  import SIPDialogs
  import Testing

  extension MediaTests {
    /// Encryption, and what is refused.
    @Suite struct SecureTests {
      private static func key(_ suite: String, _ fill: UInt8) -> MediaPlan.Key {
        let sizes = ["AES_256_CM_HMAC_SHA1_80": 46, "AEAD_AES_256_GCM": 44]
        return MediaPlan.Key(suite: suite, material: [UInt8](repeating: fill, count: sizes[suite] ?? 30))
      }

      @Test(arguments: [
        "AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32", "AES_256_CM_HMAC_SHA1_80", "AEAD_AES_256_GCM",
      ])
      func suiteCarriesSoundBothWays(_ suite: String) throws {
        // The numbers begin anew after 36 packets. Who hears nothing before that cannot know of it, as on a busy machine.
        let (near, far) = (
          try End(identity: End.newIdentity(firstSequence: 65500)),
          try End(identity: End.newIdentity(firstSequence: 65500))
        )
        for (end, place, keys) in [(near, far.place, (1, 2)), (far, near.place, (2, 1))] {
          var plan = plan(Codecs.opus, with: place)
          (plan.sendKey, plan.receiveKey) = (Self.key(suite, UInt8(keys.0)), Self.key(suite, UInt8(keys.1)))
          try end.media.apply(plan)
        }
        for end in [near, far] {
          wait("sound by \(suite)") { end.sample.received >= 60 && end.sample.levelReceived > -20 }
          #expect(end.sample.lost == 0)
        }
      }

      @Test func soundOfAnotherKeyIsNotHeard() throws {
        // Whoever begins to listen after the numbers began anew cannot know of it.
        let (near, far) = (
          try End(identity: End.newIdentity(firstSequence: 1000)),
          try End(identity: End.newIdentity(firstSequence: 1000))
        )
        for (end, place, keys) in [(near, far.place, (1, 2)), (far, near.place, (3, 1))] {
          var plan = plan(Codecs.pcmu, with: place)
          plan.sendKey = Self.key("AES_CM_128_HMAC_SHA1_80", UInt8(keys.0))
          plan.receiveKey = Self.key("AES_CM_128_HMAC_SHA1_80", UInt8(keys.1))
          try end.media.apply(plan)
        }
        wait("sound of the right key") { far.sample.received >= 15 }
        #expect(far.sample.levelReceived > -20)
        #expect(near.sample.received == 0 && near.sample.levelReceived == -127)
      }

      @Test func packetsAreNotReadable() throws {
        let wire = Wire()
        let end = try End(muted: true)
        var plan = plan(Codecs.pcmu, with: Place(wire.ports))
        plan.sendKey = Self.key("AES_CM_128_HMAC_SHA1_80", 1)
        plan.receiveKey = plan.sendKey
        try end.media.apply(plan)
        wait("packets") { wire.heard().count >= 3 }
        // Silence would be 160 equal bytes; the tag of ten is behind them.
        #expect(wire.heard().allSatisfy { $0.payload.count == 170 && Set($0.payload).count > 40 })
      }

      @Test func whatCannotBeIsRefusedAndAllStays() throws {
        let wire = Wire()
        let end = try End()
        let right = plan(Codecs.pcmu, with: Place(wire.ports))
        try end.media.apply(right)
        wait("packets") { wire.heard().count >= 3 }
        let faults: [(inout MediaPlan) -> Void] = [
          { $0.packetTime = 25 }, { $0.remote = .init("::1", 4000) }, { $0.remote = .init("example.org", 4000) },
          { $0.codec = Codec("L16", clockRate: 44100, payloadType: 11) },
          { $0.sendKey = MediaPlan.Key(suite: "AES_CM_128_HMAC_SHA1_80", material: [1, 2, 3]) },
          { $0.sendKey = MediaPlan.Key(suite: "AES_CM_128_HMAC_SHA1_80", material: []) },
          { $0.sendKey = Self.key("F8_128_HMAC_SHA1_80", 1) },
        ]
        for fault in faults {
          var wrong = right
          fault(&wrong)
          #expect(throws: MediaError.self) { try end.media.apply(wrong) }
        }
        let count = wire.heard().count
        wait("packets as before") { wire.heard().count >= count + 3 }
        #expect(wire.heard().isContiguous)
      }

      @Test func portsAreAPairAtAnAddressOfThisMachine() throws {
        let (one, other) = (try End(), try End())
        for end in [one, other] {
          #expect(end.media.ports.rtp % 2 == 0 && end.media.ports.control == end.media.ports.rtp + 1)
        }
        // Those that somebody has are not taken, and not insisted on.
        let third = try End(ports: one.media.ports)
        #expect(third.media.ports.rtp != one.media.ports.rtp && third.media.ports.rtp % 2 == 0)
        #expect(throws: MediaError.self) {
          _ = try CallMedia(.init(localAddress: "192.0.2.1", identity: End.newIdentity))
        }
      }
    }
  }
#endif

// SPDX-License-Identifier: Apache-2.0
#if SIP
  import CallMedia
  import SIPDialogs
  import Testing

  extension MediaTests {
    /// The packets of one stream, as they are on the wire.
    @Suite struct StreamTests {
      @Test func directionsKeepTheNumbersTogether() throws {
        let wire = Wire()
        let end = try End()
        var before = 0
        for direction: MediaPlan.Direction in [.sendrecv, .recvonly, .sendonly, .inactive, .sendrecv] {
          try end.media.apply(plan(Codecs.pcmu, direction, with: Place(wire.ports)))
          let received = end.sample.received
          before = wire.heard().count
          if direction.sends {
            wait("what is sent \(direction)") { wire.heard().count >= before + 5 }
          } else {
            // As long as ten packets take to come and be counted, none goes.
            wait("what comes \(direction)") {
              wire.speak(to: end.media.ports.rtp)
              return end.sample.received >= received + 10
            }
            #expect(wire.heard().count <= before + 1)
          }
        }
        let packets = wire.heard()
        #expect(packets.isContiguous && packets.growsInTime)
        #expect(Set(packets.map(\.source)).count == 1)
        // After each pause, and at the beginning.
        #expect(packets.count { $0.isMarked } == 3)
      }

      @Test(arguments: [UInt16(10), 20, 40])
      func packetsAreAsLongAsAgreed(_ milliseconds: UInt16) throws {
        let wire = Wire()
        let end = try End()
        var plan = plan(Codecs.pcmu, with: Place(wire.ports))
        plan.packetTime = milliseconds
        try end.media.apply(plan)
        wait("packets") { wire.heard().count >= 6 }
        let packets = wire.heard()
        #expect(packets.allSatisfy { $0.payload.count == Int(milliseconds) * 8 && $0.type == 0 })
        #expect(
          zip(packets, packets.dropFirst()).allSatisfy { $1.timestamp &- $0.timestamp == UInt32(milliseconds) * 8 })
      }

      @Test func anotherCodecGoesOnInTheSameStream() throws {
        let wire = Wire()
        let end = try End()
        try end.media.apply(plan(Codecs.pcmu, with: Place(wire.ports)))
        wait("packets") { wire.heard().count >= 5 }
        try end.media.apply(plan(Codecs.opus, with: Place(wire.ports)))
        wait("Opus") { wire.heard().count { $0.type == Codecs.opus.payloadType } >= 5 }
        #expect(wire.heard().isContiguous && wire.heard().growsInTime)
        #expect(end.look().contains(.identityChanged))
      }

      @Test func successorGoesOn() throws {
        let wire = Wire()
        let first = try End()
        try first.media.apply(plan(Codecs.pcmu, with: Place(wire.ports)))
        wait("packets") { wire.heard().count >= 10 }
        let (ports, identity) = (first.media.ports, first.media.identity)
        let died = ContinuousClock.now
        first.media.close()
        // No process begins sooner, and the numbers follow the clock.
        wait("the time of a packet") { ContinuousClock.now - died >= .milliseconds(20) }
        let last = try #require(wire.heard().last)

        let second = try End(ports: ports, identity: identity)
        #expect(second.media.ports == ports)
        try second.media.apply(plan(Codecs.pcmu, with: Place(wire.ports)))
        let count = wire.heard().count
        wait("packets of the successor") { wire.heard().count >= count + 5 }
        let took = ContinuousClock.now - died
        let next = wire.heard()[count]
        #expect(next.source == identity.source && next.source == last.source)
        // As many numbers and samples are left out as the clock says.
        let (numbers, samples) = (next.sequence &- last.sequence, next.timestamp &- last.timestamp)
        let most = UInt32(took / .milliseconds(20)) + 3
        #expect(1...most ~= UInt32(numbers))
        #expect(samples <= most * 160 && samples == UInt32(numbers) * 160)
        #expect(Array(wire.heard()[count...]).isContiguous)
      }

      @Test func anotherAddressGoesOnAtOnce() throws {
        let wire = Wire()
        var end = try End()
        try end.media.apply(plan(Codecs.pcmu, with: Place(wire.ports)))
        for _ in 0..<3 {
          let next = try End()
          let count = wire.heard().count
          wait("packets") { wire.heard().count >= count + 3 }
          next.media.takeStream(of: end.media)
          end.media.close()
          end = next
          try end.media.apply(plan(Codecs.pcmu, with: Place(wire.ports)))
        }
        let count = wire.heard().count
        wait("packets") { wire.heard().count >= count + 3 }
        let packets = wire.heard()
        #expect(Set(packets.map(\.source)).count == 1)
        #expect(zip(packets, packets.dropFirst()).allSatisfy { 1...3 ~= $1.sequence &- $0.sequence })
        #expect(packets.growsInTime)
      }

      @Test func strangersAreNotHeard() throws {
        let (wire, stranger) = (Wire(), Wire())
        let end = try End()
        try end.media.apply(plan(Codecs.pcmu, with: Place(wire.ports)))
        let port = end.media.ports.rtp
        for _ in 0..<5 { wire.speak(to: port) }
        wait("the far end") { end.sample.received == 5 }
        for _ in 0..<20 { stranger.speak(to: port) }
        wait("the stranger") { end.sample.foreign == 20 }
        wire.speak(to: port)
        wait("the far end again") { end.sample.received == 6 }
        #expect(end.sample.foreign == 20)
        #expect(stranger.heard().isEmpty)
      }

      @Test func goodbyeIsSaid() throws {
        let wire = Wire()
        let end = try End()
        try end.media.apply(plan(Codecs.pcmu, with: Place(wire.ports)))
        wait("packets") { wire.heard().count >= 3 }
        try end.media.apply(nil)
        // A report first, then the name, then BYE (RFC 3550, 6.1).
        wait("BYE") { wire.reportTypes().last?.contains(203) ?? false }
        let types = try #require(wire.reportTypes().last)
        #expect((types.first == 200 || types.first == 201) && types.dropFirst().first == 202)
        let count = wire.heard().count
        // Whatever it is told after that.
        end.media.isMuted = true
        #expect(end.sample.levelSent == -127 && wire.heard().count == count)
      }
    }
  }
#endif

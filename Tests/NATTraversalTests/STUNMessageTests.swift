// SPDX-License-Identifier: Apache-2.0
import DiceTestSupport
import Testing

@testable import NATTraversal

@Suite struct STUNMessageTests {
  static let id = Array("transaction!".utf8)

  static var full: STUNMessage {
    var message = STUNMessage(.failure, .allocate, transactionID: id)
    message.add(.username, "name:other")
    message.add(.xorMappedAddress, TransportAddress(literal: "192.0.2.1:5"))
    message.add(.xorPeerAddress, TransportAddress(literal: "[2001:db8::1]:6"))
    message.add(.xorRelayedAddress, TransportAddress(literal: "198.51.100.1:65535"))
    message.add(.alternateServer, TransportAddress(literal: "203.0.113.9:3478"))
    message.add(.lifetime, number: 600)
    message.add(.iceControlling, longNumber: .max)
    message.add(.useCandidate)
    message.add(.channelNumber, [0x40, 1, 0, 0])
    message.add(.data, [1, 2, 3])
    message.add(STUNMessage.Failure(code: 438, phrase: "Stale Nonce"))
    message.add(unknown: [.init(0x7FFF), .init(0x7001), .init(0x7002)])
    return message
  }

  @Test(arguments: [nil, false, true] as [Bool?], [false, true])
  func whatIsWrittenIsRead(isSHA256: Bool?, fingerprint: Bool) throws {
    let key = isSHA256.map {
      STUNKey(user: "u", realm: [114], password: "p", hashesWithSHA256: $0, signsWithSHA256: $0, .tests)
    }
    let bytes = Self.full.encoded(key, fingerprint: fingerprint)
    let message = try #require(STUNMessage(bytes))
    #expect(message == Self.full)
    #expect(key?.authenticates(bytes) ?? true)
    #expect(message.address(.xorMappedAddress)?.description == "192.0.2.1:5")
    #expect(message.address(.xorPeerAddress)?.description == "[2001:db8::1]:6")
    #expect(message.address(.xorRelayedAddress)?.description == "198.51.100.1:65535")
    #expect(message.address(.alternateServer)?.description == "203.0.113.9:3478")
    #expect(message.number(.lifetime) == 600)
    #expect(message.longNumber(.iceControlling) == .max)
    #expect(message[.useCandidate] == [])
    #expect(message[.data] == [1, 2, 3])
    #expect(message.failure == .init(code: 438, phrase: "Stale Nonce"))
    #expect(message.unknownAttributes.map(\.rawValue) == [0x7FFF, 0x7001, 0x7002])
  }

  @Test func allClassesAndMethodsAreRead() {
    for messageClass in STUNMessage.MessageClass.allCases {
      for method in UInt16(0)..<0x1000 {
        let message = STUNMessage(messageClass, .init(rawValue: method), transactionID: Self.id)
        #expect(STUNMessage(message.encoded()) == message)
      }
    }
  }

  @Test func whatFollowsTheIntegrityIsNotBelieved() throws {
    let key = STUNKey(password: "p", .tests)
    var bytes = STUNMessage(.request, .binding, transactionID: Self.id).encoded(key)
    bytes += [0, 0x25, 0, 0]
    bytes[3] += 4
    #expect(key.authenticates(bytes))
    #expect(try #require(STUNMessage(bytes))[.useCandidate] == nil)
  }

  @Test func truncatedIntegrityIsNone() throws {
    let key = STUNKey(user: "u", realm: [], password: "p", signsWithSHA256: true, .tests)
    let whole = STUNMessage(.request, .binding, transactionID: Self.id).encoded(key)
    var bytes = Array(whole.dropLast(16))
    (bytes[3], bytes[23]) = (20, 16)
    bytes.replaceSubrange(24..., with: key.code(of: bytes.cut(at: 20, lengthUpTo: 40)).prefix(16))
    #expect(!key.authenticates(bytes))
  }

  @Test func whatMustBeUnderstoodIsTold() {
    var message = STUNMessage(.request, .binding, transactionID: Self.id)
    message.add(.init(0x7777), [1])
    message.add(.init(0x8777), [1])
    message.add(.priority, number: 1)
    #expect(message.notUnderstood.map(\.rawValue) == [0x7777])
  }

  @Test func wordsAreMadeFitToShow() {
    var message = STUNMessage(.failure, .binding, transactionID: Self.id)
    message.add(STUNMessage.Failure(code: 400, phrase: "a\nb\u{1B}[1m" + String(repeating: "x", count: 1000)))
    let phrase = message.failure?.phrase ?? ""
    #expect(phrase.hasPrefix("a b [1mx"))
    #expect(phrase.count == 128)
  }

  @Test func oldServersAnswerIsRead() {
    var message = STUNMessage(.success, .binding, transactionID: Self.id)
    message.add(.mappedAddress, TransportAddress(literal: "192.0.2.1:5"))
    #expect(message.mappedAddress?.description == "192.0.2.1:5")
  }

  @Test func tooManyAttributesAreNotRead() {
    var message = STUNMessage(.request, .binding, transactionID: Self.id)
    for _ in 0..<64 { message.add(.useCandidate) }
    #expect(STUNMessage(message.encoded()) != nil)
    message.add(.useCandidate)
    #expect(STUNMessage(message.encoded()) == nil)
  }

  /// Nothing ends the program.
  @Test func brokenBytesAreRefused() {
    var dice = Dice(1)
    let key = STUNKey(password: "p", .tests)
    let seeds = [
      Self.full.encoded(key, fingerprint: true), Self.full.encoded(), STUNVectorTests.request, STUNVectorTests.longTerm,
    ]
    var understood = 0
    for turn in 0..<20_000 {
      let bytes = turn % 4 == 0 ? dice.bytes(turn % 200) : dice.mutated(seeds[turn / 4 % seeds.count])
      if turn % 20 == 1 { #expect(!key.authenticates(bytes) || seeds.contains(bytes) || bytes.count > 20) }
      guard let message = STUNMessage(bytes) else { continue }
      understood += 1
      #expect(STUNMessage(message.encoded()) == message)
      Self.look(at: message)
    }
    #expect(understood > 500)
  }

  private static func look(at message: STUNMessage) {
    for attribute in message.attributes {
      _ = (message.address(attribute.kind), message.number(attribute.kind), message.longNumber(attribute.kind))
      _ = message.text(attribute.kind)
    }
    #expect((300...699).contains(message.failure?.code ?? 300))
    _ = (message.mappedAddress, message.unknownAttributes, message.notUnderstood)
  }
}

// SPDX-License-Identifier: Apache-2.0
import CallModel
import OngoingCallTestSupport
import Testing

@testable import Systemd

/// What a message may cost that somebody sends.
@Suite(.timeLimit(.minutes(1))) struct MessageReaderTests {
  /// Calls `Launch` with that option, and returns what was read of it.
  private static func read(_ value: BusValue) async throws -> Result<BusValue, BusError> {
    try await onEventLoop {
      let peers = try await BusPeers()
      let results = Mailbox<Result<BusValue, BusError>>()
      let slot = try peers.server.serve("/manager") { call in
        do throws(BusError) {
          results.put(.success(try call.message.read()))
          call.reply()
        } catch {
          results.put(.failure(error))
          call.fail(error)
        }
      }
      peers.client.service(try #require(peers.server.uniqueName)).call(
        path: "/manager", interface: "org.ongoingcall.Test", member: "Launch",
        [.dictionary(["x": value])], decode: { _ throws(BusError) in }, answer: { _ in })
      let result = await results.next()
      withExtendedLifetime(slot) {}
      return result ?? .failure(BusError("none", ""))
    }
  }

  @Test func whatFitsIsRead() async throws {
    let text = BusValue.string(String(repeating: "x", count: 200 * 1024))
    #expect(try await Self.read(text) == .success(.dictionary(["x": text])))
    let bytes = BusValue.array(Array(repeating: .byte(7), count: 15_000), of: "y")
    #expect(try await Self.read(bytes) == .success(.dictionary(["x": bytes])))
  }

  @Test(
    arguments: [
      .string(String(repeating: "x", count: 257 * 1024)),
      .array(Array(repeating: .byte(0), count: 17_000), of: "y"),
      .array(Array(repeating: .string(""), count: 17_000), of: "s"),
      .array(Array(repeating: .variant(.byte(0)), count: 9_000), of: "v"),
      .array(Array(repeating: .array([], of: "s"), count: 17_000), of: "as"),
      .array(Array(repeating: .structure([.byte(0)]), count: 9_000), of: "(y)"),
      .strings(Array(repeating: String(repeating: "x", count: 1024), count: 255)),
    ] as [BusValue])
  func whatDoesNotFitIsAnErrorThatNamesItsKey(_ value: BusValue) async throws {
    guard case .failure(let error) = try await Self.read(value) else {
      Issue.record("it was read")
      return
    }
    #expect(error.name == BusError.limitsExceeded)
    #expect(error.message.hasPrefix("“x”: it is larger than 262144 bytes"))
  }

  @Test func aMessagesHeaderTellsItsSize() {
    let little: [UInt8] = [0x6C, 1, 0, 1, 9, 0, 0, 0, 7, 0, 0, 0, 13, 0, 0, 0]
    let big: [UInt8] = [0x42, 2, 0, 1, 0, 0, 1, 0, 0, 0, 0, 8, 0, 0, 0, 16]
    #expect(little.withUnsafeBytes { MessageHeader($0) } == .init(type: 1, serial: 7, fields: 13, bytes: 16 + 16 + 9))
    #expect(big.withUnsafeBytes { MessageHeader($0) } == .init(type: 2, serial: 8, fields: 16, bytes: 16 + 16 + 256))
    #expect([UInt8](repeating: 0, count: 16).withUnsafeBytes { MessageHeader($0) } == nil)
    #expect(little.dropLast().withUnsafeBytes { MessageHeader($0) } == nil)
  }
}

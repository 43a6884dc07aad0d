// SPDX-License-Identifier: Apache-2.0
import CallModel
import Glibc
import OngoingCallTestSupport
import Testing

@testable import Systemd

/// Values that one connection sends and another reads.
@Suite struct MessageTests {
  private nonisolated static let path = "/org/ongoingcall/Test"
  private nonisolated static let interface = "org.ongoingcall.Test"

  /// What `decode` makes of a signal with `values` at the other end of a bus.
  private static func sent<T: Sendable>(
    _ values: [BusValue], decode: @escaping @EventLoopActor @Sendable (borrowing Message) throws(BusError) -> T
  ) async throws -> T {
    let result: Result<T, BusError>? = try await onEventLoop {
      let peers = try await BusPeers()
      let arrived = Mailbox<Result<T, BusError>>()
      let slot = try peers.client.service(BusPeers.name).onSignal(interface: interface) { message in
        do throws(BusError) { arrived.put(.success(try decode(message))) } catch { arrived.put(.failure(error)) }
      }
      try await peers.settle()
      try peers.server.emit(path: path, interface: interface, member: "Sent", values)
      let result = await arrived.next()
      withExtendedLifetime(slot) {}
      return result
    }
    return try #require(result).get()
  }

  private static let everyType: [BusValue] = [
    .byte(0), .byte(255), .bool(true), .bool(false), .int16(.min), .int16(.max), .uint16(.max), .int32(.min),
    .int32(.max), .uint32(.max), .int64(.min), .int64(.max), .uint64(.max), .double(-0.1), .double(.infinity),
    .double(.greatestFiniteMagnitude), .string(""), .string("“ü\u{202E}𝄞\n\u{1B}”"),
    .string(String(repeating: "x", count: 100_000)), .objectPath("/"), .objectPath("/a/b_1"), .signature(""),
    .signature("a{sv}(ii)"), .strings([]), .strings(["", "a", "ä"]), .array([], of: "{sv}"), .array([], of: "(tts)"),
    .array([], of: "ay"), .array([.byte(1), .byte(2)], of: "y"),
    .array([.array([], of: "s"), .strings(["x"])], of: "as"),
    .array([.structure([.int32(1), .string("a")]), .structure([.int32(2), .string("b")])], of: "(is)"),
    .structure([.bool(true), .structure([.double(1), .structure([.string("deep")])])]),
    .array([.entry(.byte(1), .strings(["one"]))], of: "{yas}"),
    .dictionary([:]),
    .dictionary([
      "a": .bool(true),
      "b": .dictionary(["c": .dictionary(["d": .strings([])]), "e": .variant(.uint64(1))]),
      "f": .structure([.objectPath("/f"), .array([], of: "{ss}")]),
    ]),
    .variant(.variant(.variant(.string("v")))),
  ]

  @Test func everyTypeArrivesAsItWasSent() async throws {
    let count = Self.everyType.count
    let arrived = try await Self.sent(Self.everyType) { message throws(BusError) in
      var values: [BusValue] = []
      for _ in 0..<count { values.append(try message.read()) }
      return values
    }
    for (sent, read) in zip(Self.everyType, arrived) { #expect(sent == read) }
    #expect(arrived.count == count)
    #expect(arrived.map(\.signature) == Self.everyType.map(\.signature))
  }

  @Test func aMessageKnowsWhereItComesFrom() async throws {
    let (member, interface, path, sender, error) = try await Self.sent([]) { message throws(BusError) in
      (message.member, message.interface, message.path, message.sender, message.error)
    }
    #expect(member == "Sent")
    #expect(interface == Self.interface)
    #expect(path == Self.path)
    #expect(sender.hasPrefix(":"))
    #expect(error == nil)
  }

  @Test func aDescriptorArrivesOpen() async throws {
    var ends: [Int32] = [-1, -1]
    #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0)
    defer { close(ends[0]) }
    let received = try await Self.sent([.structure([.descriptor(BusDescriptor(borrowing: ends[1]))]), .string("after")])
    { message throws(BusError) in
      guard case .structure(let fields) = try message.read(), case .descriptor(let descriptor) = fields.first else {
        return Int32(-1)
      }
      // Borrowed from the message, which goes in a moment.
      return fcntl(descriptor.raw, F_DUPFD_CLOEXEC, 3)
    }
    #expect(received >= 0)
    #expect(received != ends[1])
    close(ends[1])
    #expect(write(received, "ab", 2) == 2)
    close(received)
    var buffer = [UInt8](repeating: 0, count: 8)
    #expect(read(ends[0], &buffer, 8) == 2)
    // Nobody else has it open any more: neither message kept a copy.
    #expect(read(ends[0], &buffer, 8) == 0)
  }

  @Test func readingPastTheEndIsAnError() async throws {
    let errors = try await Self.sent([.string("only")]) { message throws(BusError) in
      _ = try message.read()
      var errors: [BusError] = []
      for _ in 0..<2 {
        do throws(BusError) { _ = try message.read() } catch { errors.append(error) }
      }
      return errors
    }
    #expect(errors.map(\.message) == Array(repeating: "a message is too short", count: 2))
  }

  @Test func anotherTypeThanAStringIsAnError() async throws {
    let (path, error) = try await Self.sent([.objectPath("/a"), .uint32(1)]) { message throws(BusError) in
      let path = try message.readString()
      do throws(BusError) {
        _ = try message.readString()
        return (path, BusError?.none)
      } catch { return (path, error) }
    }
    #expect(path == "/a")
    #expect(error?.message == "a message has a wrong type: expected a string")
  }

  @Test(
    arguments: [
      .objectPath("no path"), .objectPath(""), .objectPath("/a/"), .signature("a"), .signature("("),
      .array([.string("a")], of: "u"), .array([.string("a"), .int32(1)], of: "s"), .array([], of: ""),
      .array([.entry(.variant(.byte(1)), .byte(1))], of: "{vy}"), .structure([]),
      .descriptor(BusDescriptor(borrowing: -1)),
      .variant(.entry(.string("a"), .string("b"))), .array([], of: "ss"),
    ] as [BusValue])
  func whatDBusDoesNotKnowIsRefused(_ value: BusValue) async throws {
    let error: BusError? = try await onEventLoop {
      let peers = try await BusPeers()
      do throws(BusError) {
        try peers.server.emit(path: Self.path, interface: Self.interface, member: "Sent", [value])
        return nil
      } catch { return error }
    }
    #expect(error?.name == BusError.failed)
  }

  @Test func convenientReadings() {
    #expect(BusValue.string("a").asString == "a")
    #expect(BusValue.objectPath("/").asString == nil)
    #expect(BusValue.objectPath("/").asObjectPath == "/")
    #expect(BusValue.uint32(1).asUInt32 == 1)
    #expect(BusValue.int32(1).asUInt32 == nil)
    #expect(BusValue.uint64(1).asUInt64 == 1)
    #expect(BusValue.int32(-1).asInt32 == -1)
    #expect(BusValue.bool(true).asBool == true)
    #expect(BusValue.strings(["a"]).asStrings == ["a"])
    #expect(BusValue.array([.objectPath("/")], of: "o").asStrings == nil)
    #expect(BusValue.structure([.bool(true)]).asStructure == [.bool(true)])
    #expect(BusValue.dictionary(["b": .byte(1), "a": .byte(2)]).asEntries?.map(\.0) == ["a", "b"])
    #expect(BusValue.array([], of: "{ss}").asEntries == nil)
    let pairs = BusValue.array([.entry(.string("k"), .string("v"))], of: "{ss}").asStringEntries
    #expect(pairs?.first?.0 == "k" && pairs?.first?.1 == "v")
    #expect(BusValue.dictionary([:]).asStringEntries == nil)
  }
}

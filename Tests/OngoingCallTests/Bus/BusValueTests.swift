// SPDX-License-Identifier: Apache-2.0
import CallModel
import Glibc
import Testing

@testable import OngoingCall

@Suite struct BusValueTests {
  /// Through a message of libdbus and back.
  private func travelled(_ values: [BusValue]) throws -> [BusValue]? {
    var call = BusCall(to: "a.b", path: "/", interface: "a.b", member: "C")
    call.arguments = values
    return try BusMessage(call).arguments()
  }

  @Test func everyTypeArrivesAsItWasSent() throws {
    let values: [BusValue] = [
      .byte(255), .bool(true), .bool(false), .int16(.min), .uint16(.max), .int32(.min), .uint32(.max),
      .int64(.min), .uint64(.max), .double(-0.5), .string(""), .string("Grüße 😀 \n\u{1B}$HOME %n \"'"),
      .objectPath("/org/ongoingcall/Calls1"), .signature("a{sv}"),
      .strings([]), .strings(["a", "", "b c"]), .stringDictionary(["k": "v", "": "="]),
      .dictionary(["u": .uint32(1), "as": .strings(["x"]), "v": .variant(.int32(1)), "a": .dictionary([:])]),
      .structure([.byte(1), .string("x")]),
      .array([.structure([.uint64(1), .dictionary([:])])], of: "(ta{sv})"),
      .array([], of: "(ttsosa{sv})"),
    ]
    #expect(try travelled(values) == values)
  }

  @Test func aDescriptorGoesAlong() throws {
    let sent = BusDescriptor(owning: open("/proc/self/exe", O_RDONLY | O_CLOEXEC))
    let options = try travelled([.dictionary(["adopt-pidfd": .descriptor(sent)])])
    let arrived = try #require(options?.first?.asDictionary?["adopt-pidfd"]?.asDescriptor)
    #expect(arrived.raw != sent.raw)
    var (one, other) = (stat(), stat())
    #expect(fstat(sent.raw, &one) == 0 && fstat(arrived.raw, &other) == 0)
    #expect(one.st_ino == other.st_ino && one.st_dev == other.st_dev)
  }

  @Test func readingIsByType() {
    let value = BusValue.dictionary(["muted": .bool(true), "state": .string("joined")])
    #expect(value.asDictionary == ["muted": .bool(true), "state": .string("joined")])
    #expect(value.asDictionary?["muted"]?.asString == nil)
    #expect(value.asStrings == nil)
    #expect(BusValue.stringDictionary(["a": "b"]).asDictionary == ["a": .string("b")])
    #expect(BusValue.uint32(1).asUInt64 == nil)
  }

  @Test(arguments: [
    BusValue.string("a\0b"), .objectPath("relative"), .objectPath(""), .signature("nonsense"), .opaque(104),
    .descriptor(BusDescriptor(owning: -1)),
    .array([.string("a")], of: "u"), .array([], of: "a"), .array([], of: "ss"), .array([], of: "s\0"),
    .structure([]), .variant(.opaque(104)), .variant(.structure([])),
    .array([.entry(.variant(.byte(1)), .byte(1))], of: "{vy}"), .string(String(repeating: "x", count: 1 << 20 + 1)),
  ])
  func whatDBusCannotCarryIsNotSent(value: BusValue) {
    isNotSendable(value)
  }

  private func isNotSendable(_ value: BusValue) {
    let error = #expect(throws: CallsError.self) { try travelled([value]) }
    guard case .notSendable? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func nestingIsBounded() throws {
    func nested(_ levels: Int) -> BusValue { (0..<levels).reduce(.byte(1)) { inner, _ in .variant(inner) } }
    #expect(try travelled([nested(BusLimit.depth)]) == [nested(BusLimit.depth)])
    isNotSendable(nested(BusLimit.depth + 1))
    // What arrives too deep is passed by; what is around it is read.
    let deep = try BusMessage(BusCall(to: "a.b", path: "/", interface: "a.b", member: "C"))
    deep.append([nested(BusLimit.depth + 1), .byte(2)])
    let values = deep.arguments()
    #expect(values?.count == 2)
    #expect(values?.last == .byte(2))
    #expect(values?.first != nested(BusLimit.depth + 1))
  }

  @Test func theNumberOfValuesIsBounded() throws {
    let message = try BusMessage(BusCall(to: "a.b", path: "/", interface: "a.b", member: "C"))
    message.append([.array(Array(repeating: .byte(0), count: BusLimit.values), of: "y")])
    let values = message.arguments()
    #expect(values == nil)
  }
}

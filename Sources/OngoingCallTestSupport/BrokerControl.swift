// SPDX-License-Identifier: Apache-2.0
internal import CDBus
internal import CallModel
internal import Glibc
internal import OngoingCall

/// The controller of a dbus-broker, in the place of dbus-broker-launch: it gives the broker its socket and its policy,
/// by which everybody may do everything. The broker ends with it.
final class BrokerControl {
  private let connection: Int32
  private var serial: UInt32 = 0

  /// - Parameters:
  ///   - connection: to the broker; it is the controller's from now on.
  ///   - path: of the socket that is made for the broker to listen on.
  ///   - names: those that can be activated.
  init(_ connection: Int32, socket path: String, names: [String]) throws {
    self.connection = connection
    try say("\0AUTH EXTERNAL \(String(getuid()).utf8.map { String($0, radix: 16) }.joined())\r\n", expecting: "OK ")
    try say("NEGOTIATE_UNIX_FD\r\n", expecting: "AGREE_UNIX_FD")
    try write(Array("BEGIN\r\n".utf8))
    for (number, name) in names.enumerated() {
      try call("AddName", [.objectPath("/org/bus1/DBus/Name/\(number)"), .string(name), .uint32(getuid())])
    }
    let listener = BusDescriptor(owning: try Self.listen(at: path))
    try call(
      "AddListener",
      [.objectPath("/org/bus1/DBus/Listener/0"), .descriptor(listener), .variant(Self.policy)], sending: listener.raw)
  }

  deinit { close(connection) }

  // MARK: What it says

  /// One entry, of everybody (the user -1), by which all is allowed.
  private static var policy: BusValue {
    let batch = [
      .bool(true), .uint64(1),
      .array([.structure([.bool(true), .uint64(1), .bool(true), .string("")])], of: "(btbs)"), messages, messages,
    ]
    let rules = "bta(btbs)a(btssssuutt)a(btssssuutt)"
    return .structure([
      .array([.structure([.uint32(.max), .structure(batch)])], of: "(u(\(rules)))"), .array([], of: "(buu(\(rules)))"),
      .array([], of: "(ss)"), .bool(false), .string("session"),
    ])
  }

  private static var messages: BusValue {
    let any = BusValue.string("")
    let rule = [.bool(true), .uint64(1), any, any, any, any, .uint32(0), .uint32(0), .uint64(0), .uint64(.max)]
    return .array([.structure(rule)], of: "(btssssuutt)")
  }

  private static func listen(at path: String) throws -> Int32 {
    let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard bound == 0, Glibc.listen(listener, 64) == 0 else {
      throw PrivateBus.Failure(description: "\(path): \(String(cString: strerror(errno)))")
    }
    return listener
  }

  // MARK: The connection

  private func say(_ line: String, expecting answer: String) throws {
    try write(Array(line.utf8))
    var text = ""
    while !text.hasSuffix("\r\n") { text += String(decoding: try read(1), as: UTF8.self) }
    guard text.hasPrefix(answer) else { throw Self.failure("it said \(text)") }
  }

  private func call(_ member: String, _ arguments: [BusValue], sending descriptor: Int32? = nil) throws {
    let call = dbus_message_new_method_call(nil, "/org/bus1/DBus/Broker", "org.bus1.DBus.Broker", member)
    guard let message = call.map(BusMessage.init(taking:)) else { fatalError("out of memory") }
    message.append(arguments)
    serial += 1
    dbus_message_set_serial(message.raw, serial)
    var bytes: UnsafeMutablePointer<CChar>?
    var count: Int32 = 0
    dbus_message_marshal(message.raw, &bytes, &count)
    defer { dbus_free(bytes) }
    try write(UnsafeRawBufferPointer(start: bytes, count: Int(count)).map(\.self), descriptor)
    // The second byte of an answer says what it is of (D-Bus Specification, "Message Format"); its end is of no use.
    let head = try read(16)
    guard head[1] == UInt8(BusMessage.Kind.reply.rawValue) else { throw Self.failure("it refused \(member)") }
    let fields = head[12..<16].reversed().reduce(0) { $0 << 8 | Int($1) }
    _ = try read((fields + 7) / 8 * 8)
  }

  private func write(_ bytes: [UInt8], _ descriptor: Int32? = nil) throws {
    var control = [UInt64](repeating: 0, count: 3)
    var bytes = bytes
    let sent = bytes.withUnsafeMutableBytes { bytes in
      var vector = iovec(iov_base: bytes.baseAddress, iov_len: bytes.count)
      return control.withUnsafeMutableBytes { control in
        withUnsafeMutablePointer(to: &vector) { vector in
          var message = msghdr()
          (message.msg_iov, message.msg_iovlen) = (vector, 1)
          if let descriptor {
            let length = MemoryLayout<cmsghdr>.size + MemoryLayout<Int32>.size
            var head = cmsghdr()
            (head.cmsg_len, head.cmsg_level, head.cmsg_type) = (length, SOL_SOCKET, Int32(SCM_RIGHTS))
            control.storeBytes(of: head, as: cmsghdr.self)
            control.storeBytes(of: descriptor, toByteOffset: MemoryLayout<cmsghdr>.size, as: Int32.self)
            (message.msg_control, message.msg_controllen) = (control.baseAddress, control.count)
          }
          return sendmsg(connection, &message, Int32(MSG_NOSIGNAL))
        }
      }
    }
    guard sent == bytes.count else { throw Self.failure(String(cString: strerror(errno))) }
  }

  private func read(_ count: Int) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    guard count == 0 || recv(connection, &bytes, count, Int32(MSG_WAITALL)) == count else {
      throw Self.failure("it ended")
    }
    return bytes
  }

  private static func failure(_ why: String) -> PrivateBus.Failure {
    PrivateBus.Failure(description: "dbus-broker (of the package of that name) did not start: \(why)")
  }
}

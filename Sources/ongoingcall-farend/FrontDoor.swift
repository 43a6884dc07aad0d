// SPDX-License-Identifier: GPL-3.0-or-later
#if SIP
  import Glibc

  /// The far end's UDP port where it is to refuse replacements: liblinphone lets a caller replace its own call without
  /// asking anybody, so such an INVITE must not get as far as that.
  ///
  /// A proxy without state (RFC 3261, 16.11) between callers and liblinphone's own port, for what is not within a
  /// dialog: the rest goes to the Contact, and so past it.
  final class FrontDoor {
    let descriptor: Int32
    let port: UInt16
    private let address: String
    private let status: Int32
    private var inside = sockaddr_in()

    struct CannotOpen: Error, CustomStringConvertible {
      let address: String
      let port: Int32
      let code: Int32
      var description: String {
        "cannot listen on \(address):\(port): \(String(cString: strerror(code))); it must be a free IPv4 address and port"
      }
    }

    init(address: String, port: Int32, status: Int32) throws(CannotOpen) {
      (self.address, self.status) = (address, status)
      let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
      var own = Self.socketAddress(address, UInt16(port))
      var length = socklen_t(MemoryLayout<sockaddr_in>.size)
      let isOpen = withUnsafeMutablePointer(to: &own) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
        }
      }
      self.descriptor = descriptor
      guard isOpen else { throw CannotOpen(address: address, port: port, code: errno) }
      self.port = UInt16(bigEndian: own.sin_port)
    }

    /// Where liblinphone listens.
    func lead(to port: Int32) { inside = Self.socketAddress(address, UInt16(port)) }

    /// What has come, passed on or refused; returns how many calls were refused.
    func pass() -> Int {
      var refused = 0
      var buffer = [UInt8](repeating: 0, count: 65_536)
      while true {
        var sender = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let count = withUnsafeMutablePointer(to: &sender) {
          $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            recvfrom(descriptor, &buffer, buffer.count, 0, $0, &length)
          }
        }
        guard count > 0 else { return refused }
        let text = String(decoding: buffer[..<count], as: UTF8.self)
        if text.hasPrefix("SIP/2.0 ") {
          passOut(text)
        } else if Self.isReplacement(text) {
          send(refusal(of: text), to: sender)
          refused += 1
        } else if !text.hasPrefix("ACK ") || !text.contains(Self.tag) {
          passIn(text, from: sender)
        }
      }
    }

    private static let tag = ";tag=front-door"
    private static let branch = "branch=z9hG4bK-front-door-"

    private static func isReplacement(_ text: String) -> Bool {
      text.hasPrefix("INVITE ") && text.contains("\r\nReplaces:")
    }

    private func refusal(of request: String) -> String {
      let wanted = ["via:", "from:", "call-id:", "cseq:"]
      var lines = ["SIP/2.0 \(status) Refused"]
      for line in Self.head(of: request) {
        let name = line.lowercased()
        if name.hasPrefix("to:") {
          lines.append(line + Self.tag)
        } else if wanted.contains(where: name.hasPrefix) {
          lines.append(line)
        }
      }
      return (lines + ["Content-Length: 0", "", ""]).joined(separator: "\r\n")
    }

    /// The sender is told by the branch of this hop's Via, so that nothing has to be remembered.
    private func passIn(_ request: String, from sender: sockaddr_in) {
      guard let line = request.firstRange(of: "\r\n"), let id = Self.value(of: "branch", in: request) else { return }
      let host = sender.sin_addr.s_addr
      let via = "Via: SIP/2.0/UDP \(address):\(port);\(Self.branch)\(host)-\(sender.sin_port)-\(id)\r\n"
      send(request[..<line.upperBound] + via + request[line.upperBound...], to: inside)
    }

    private func passOut(_ response: String) {
      guard let via = Self.head(of: response).first(where: { $0.contains(Self.branch) }),
        let mark = via.firstRange(of: Self.branch), let line = response.firstRange(of: via + "\r\n")
      else { return }
      let parts = via[mark.upperBound...].split(separator: "-", maxSplits: 2)
      guard parts.count == 3, let host = UInt32(parts[0]), let port = UInt16(parts[1]) else { return }
      var target = sockaddr_in()
      target.sin_family = sa_family_t(AF_INET)
      (target.sin_addr.s_addr, target.sin_port) = (host, port)
      send(response[..<line.lowerBound] + response[line.upperBound...], to: target)
    }

    private func send(_ text: String, to target: sockaddr_in) {
      var target = target
      let bytes = Array(text.utf8)
      withUnsafePointer(to: &target) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          _ = sendto(descriptor, bytes, bytes.count, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
    }

    private func send(_ text: Substring, to target: sockaddr_in) { send(String(text), to: target) }

    private static func head(of message: String) -> [String] {
      let end = message.firstRange(of: "\r\n\r\n")?.lowerBound ?? message.endIndex
      return message[..<end].split(separator: "\r\n").map(String.init)
    }

    private static func value(of parameter: String, in message: String) -> Substring? {
      guard let via = head(of: message).first(where: { $0.lowercased().hasPrefix("via:") }),
        let found = via.firstRange(of: ";\(parameter)=")
      else { return nil }
      return via[found.upperBound...].prefix { $0 != ";" }
    }

    private static func socketAddress(_ address: String, _ port: UInt16) -> sockaddr_in {
      var result = sockaddr_in()
      result.sin_family = sa_family_t(AF_INET)
      result.sin_port = port.bigEndian
      inet_pton(AF_INET, address, &result.sin_addr)
      return result
    }
  }
#endif

// SPDX-License-Identifier: Apache-2.0

@testable import NATTraversal

/// Answers checks, and does nothing else.
final class LiteEnd {
  let address: TransportAddress
  private(set) var nominations = 0

  init(_ network: Network, _ address: String) {
    self.address = TransportAddress(literal: address)
    let key = STUNKey(password: Self.password, .tests)
    network.open(self.address) { [self] bytes, source in
      guard let request = STUNMessage(bytes), request.messageClass == .request, key.authenticates(bytes) else { return }
      if request[.useCandidate] != nil { nominations += 1 }
      network.send(Responder.response(request, source, key), from: self.address, to: source)
    }
  }

  private static let password = "lite5678901234567890xy"

  var description: ICEDescription {
    let attributes: [(name: String, value: String)] = [
      ("ice-lite", ""), ("ice-ufrag", "lite"), ("ice-pwd", Self.password),
      ("candidate", "1 1 UDP 2130706431 \(address.host) \(address.port) typ host"),
    ]
    guard let description = ICEDescription(attributes: attributes) else { fatalError("it is none") }
    return description
  }
}

enum Responder {
  static func response(_ request: STUNMessage, _ source: TransportAddress, _ key: STUNKey?) -> [UInt8] {
    var response = STUNMessage(.success, .binding, transactionID: request.transactionID)
    response.add(.xorMappedAddress, source)
    return response.encoded(key, fingerprint: true)
  }

  /// - Parameter password: nil answers without integrity.
  static func open(_ network: Network, _ address: TransportAddress, password: String?) {
    let key = password.map { STUNKey(password: $0, .tests) }
    network.open(address) { bytes, source in
      guard let request = STUNMessage(bytes), request.messageClass == .request else { return }
      network.send(response(request, source, key), from: address, to: source)
    }
  }

  /// A check of an end that is controlling.
  static func check(
    _ description: ICEDescription, from userFragment: String, to other: String? = nil, password: String? = nil,
    nominates: Bool = false, id: UInt8 = 9,
    tieBreaker: UInt64 = .max
  ) -> [UInt8] {
    var request = STUNMessage(.request, .binding, transactionID: [UInt8](repeating: id, count: 12))
    request.add(.username, "\(other ?? description.userFragment):\(userFragment)")
    request.add(.priority, number: 300)
    request.add(.iceControlling, longNumber: tieBreaker)
    if nominates { request.add(.useCandidate) }
    return request.encoded(STUNKey(password: password ?? description.password, .tests), fingerprint: true)
  }
}

// SPDX-License-Identifier: Apache-2.0
package import CallModel

// A launch that may be asked for again, because its answer was lost, has a token.

extension LaunchRequest {
  package init(address: String) {
    self.init()
    uri = address
    call.token = Self.randomToken()
  }

  /// - Parameter command: the program and its arguments, which arrive in it as they are.
  package init(command: [String]) {
    self.init()
    self.command = command
    call.token = Self.randomToken()
  }

  /// - Parameter process: one that is the call already (``BusDescriptor/init(ofProcess:)``).
  package init(process: BusDescriptor) {
    self.init()
    adoptPIDFD = process
    call.token = Self.randomToken()
  }

  /// 128 random bits, in hexadecimal.
  package static func randomToken() -> String {
    (0..<2).map { _ in
      let half = String(UInt64.random(in: .min ... .max), radix: 16)
      return String(repeating: "0", count: 16 - half.count) + half
    }.joined()
  }
}

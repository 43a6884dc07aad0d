// SPDX-License-Identifier: Apache-2.0
import CallModel

/// What the bus knows about a connection (D-Bus Specification, `GetConnectionCredentials`).
public struct BusCredentials {
  var process: Int32?
  /// Borrowed from the answer.
  var descriptor: Int32?
  var label: [UInt8]?

  init(_ answer: BusValue) {
    for (key, value) in answer.asEntries ?? [] {
      switch (key, value) {
      case ("ProcessID", .uint32(let number)): process = Int32(exactly: number)
      case ("ProcessFD", .descriptor(let borrowed)): descriptor = borrowed.raw
      case ("LinuxSecurityLabel", .array(let bytes, of: "y")):
        label = bytes.compactMap { if case .byte(let byte) = $0 { byte } else { nil } }
      default: break
      }
    }
  }

  @EventLoopActor
  public func identify() -> Caller {
    // A process that the bus cannot identify, for example on another machine, has no number or 0.
    guard let process, process > 0 else { return .unidentified("the bus does not know its process") }
    return SpareDescriptor.use {
      CallerProcess(number: process, descriptor: descriptor, label: label).identify()
    }
  }
}

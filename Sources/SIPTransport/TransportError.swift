// SPDX-License-Identifier: Apache-2.0
#if SIP
  import Glibc

  /// Why SIP cannot be used at all from here.
  public enum TransportError: Error, Equatable, CustomStringConvertible {
    /// The system gives no descriptors for an event loop.
    case loop(Int32)
    case watch(Int32)
    case bind(transport: String, address: String, port: UInt16, Int32)
    case agent

    public var description: String {
      switch self {
      case .loop(let code): "cannot set up an event loop: \(Self.text(code)); raise the limit of open files"
      case .watch(let code): "cannot watch a descriptor: \(Self.text(code)); raise the limit of open files"
      case .bind(let transport, let address, let port, let code):
        "cannot listen on \(address), \(transport) port \(port == 0 ? "any" : String(port)): \(Self.text(code)); "
          + "the address must be one of this machine's"
      case .agent: "cannot set up sofia-sip's agent: out of memory or descriptors"
      }
    }

    static func text(_ code: Int32) -> String { String(cString: strerror(code)) }
  }
#endif

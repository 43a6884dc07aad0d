// SPDX-License-Identifier: Apache-2.0
#if SIP
  import Glibc

  /// Why a request got no response, as far as it is known.
  public enum TransportFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// No response for 32 seconds (RFC 3261, timers B and F).
    case timeout
    /// The machine says that nobody listens.
    case refused
    /// No route: an errno.
    case unreachable(Int32)
    /// No connection within so many milliseconds.
    case noConnection(Int64)
    /// There is a connection, but it is not trusted; the text continues "TLS: ".
    case tls(String)
    /// The far end closed the connection before it answered.
    case closed
    /// There is an answer, but it is not SIP.
    case unreadable(String)
    /// It cannot be sent like this, or not over that transport.
    case unsendable(String)

    public var description: String {
      switch self {
      case .timeout: "the far end does not answer"
      case .refused: "nobody listens at that address"
      case .unreachable(EACCES): "that is a broadcast address, or a local firewall forbids calls to it"
      // Linux's error for fe80:… without the name of a link.
      case .unreachable(EINVAL): "that is a link-local address without its link; use another address"
      case .unreachable(let code): "no route to that address: \(TransportError.text(code))"
      case .noConnection(let milliseconds): "no connection within \(milliseconds / 1000) seconds"
      case .tls(let reason): "TLS: \(reason)"
      case .closed: "the far end closed the connection without an answer"
      case .unreadable(let reason): "the answer cannot be read: \(reason)"
      case .unsendable(let reason): "cannot send the message: \(reason)"
      }
    }
  }
#endif

// SPDX-License-Identifier: Apache-2.0
#if SIP
  public import SIPDialogs

  /// Resolves a SIP address (RFC 3263): hosts file, NAPTR, SRV, A and AAAA, without waiting for one if another has
  /// answered.
  public final class NameResolver {
    private let loop: SIPLoop

    public init(loop: SIPLoop) { self.loop = loop }

    /// Keep the result until the handler is called, once and not from within this call; release it to cancel.
    /// `transport` is preferred if the address does not name one. The targets are in the order in which to try them.
    public func resolve(
      _ uri: SIPURI, transport: Target.Transport? = nil, handler: @escaping (Result<[Target], NameError>) -> Void
    ) -> NameLookup {
      NameLookup(loop, uri, transport, handler)
    }
  }
#endif
